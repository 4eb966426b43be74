# fuzzer(NAME PART LIBRARY [KEPT...]): PART-fuzz-NAME of ctest replays what is kept in corpus/NAME beside fuzz_NAME.c,
# and the files KEPT; in the preset "fuzz" there is fuzz_NAME too, driven by clang's libFuzzer. tests/fuzz runs those.
if(NOT TARGET fuzzers)
	add_custom_target(fuzzers)
	add_library(fuzz_replay OBJECT ${CMAKE_CURRENT_LIST_DIR}/lib/replay.c)
endif()

function(fuzzer name part library)
	file(GLOB CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}/*)
	add_executable(fuzz_${name}_replay fuzz_${name}.c)
	target_link_libraries(fuzz_${name}_replay PRIVATE ${library} fuzz_replay)
	add_test(NAME ${part}-fuzz-${name} COMMAND fuzz_${name}_replay ${CORPUS} ${ARGN})
	set_tests_properties(${part}-fuzz-${name} PROPERTIES TIMEOUT 60)
	if(KP_SANITIZE MATCHES fuzzer)
		add_executable(fuzz_${name} EXCLUDE_FROM_ALL fuzz_${name}.c)
		target_link_libraries(fuzz_${name} PRIVATE ${library})
		target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
		add_dependencies(fuzzers fuzz_${name})
	endif()
endfunction()

# fuzzer_link(NAME LIBRARY...): what else the two programs are linked with.
function(fuzzer_link name)
	foreach(target fuzz_${name}_replay fuzz_${name})
		if(TARGET ${target})
			target_link_libraries(${target} PRIVATE ${ARGN})
		endif()
	endforeach()
endfunction()
