# Profiles: what is in tests/capture/profiles, and bytes that are no profile.
foreach(name profile profile_filter profile_flame profile_text malformed)
	capture_test(${name} profile_help.c)
	target_compile_definitions(test_capture_${name} PRIVATE PROFILES="${CMAKE_CURRENT_SOURCE_DIR}/profiles")
endforeach()

# Replays the kept inputs; fuzz_profile.c and fuzz_text.c say how to fuzz.
file(GLOB PROFILE_CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/profile/* ${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.pb
	${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.pb.gz ${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.txt)
file(GLOB TEXT_CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/text/*)
set(PROFILE_SOURCES gzip.c profile.c profile_encode.c profile_filter.c profile_flame.c profile_flame_order.c profile_graph.c profile_graph_edges.c profile_link.c profile_merge.c profile_merge_tables.c
	profile_names.c profile_nodes.c profile_parse.c profile_parse_sample.c profile_prune.c profile_read.c profile_table.c
	profile_text.c profile_top.c proto.c)
list(TRANSFORM PROFILE_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/capture/)

function(profile_fuzzer name)
	add_executable(fuzz_${name}_replay fuzz_${name}.c)
	target_link_libraries(fuzz_${name}_replay PRIVATE capture)
	add_test(NAME capture-fuzz-${name} COMMAND fuzz_${name}_replay ${ARGN})
	set_tests_properties(capture-fuzz-${name} PROPERTIES TIMEOUT 60)
	if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
		return()
	endif()
	add_executable(fuzz_${name} EXCLUDE_FROM_ALL fuzz_${name}.c ${PROFILE_SOURCES})
	target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
	target_compile_definitions(fuzz_${name} PRIVATE FUZZ_ENGINE)
	target_compile_options(fuzz_${name} PRIVATE -O1 -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_libraries(fuzz_${name} PRIVATE PkgConfig::ZLIB)
endfunction()
profile_fuzzer(profile ${PROFILE_CORPUS})
profile_fuzzer(text ${TEXT_CORPUS})

# Against go tool pprof itself, where there is one; the same program is what tests/bench/profile measures.
add_executable(profile_top ${PROJECT_SOURCE_DIR}/tests/bench/profile_top.c)
target_link_libraries(profile_top PRIVATE capture)
add_test(NAME capture-profile-go COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/profile_go $<TARGET_FILE:profile_top>)
set_tests_properties(capture-profile-go PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)

# The command's reports against those of go tool pprof: the kept ones, and all others where there is one.
foreach(way recorded live)
	add_test(NAME capture-show-${way} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/show_go ${way} $<TARGET_FILE:kubectl-pprof>)
	set_tests_properties(capture-show-${way} PROPERTIES TIMEOUT 900 SKIP_RETURN_CODE 77)
endforeach()
