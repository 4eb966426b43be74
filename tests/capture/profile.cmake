# Profiles: what is in tests/capture/profiles, and bytes that are no profile.
foreach(name profile profile_filter profile_flame profile_graph profile_text malformed)
	capture_test(${name} profile_help.c)
	target_compile_definitions(test_capture_${name} PRIVATE PROFILES="${CMAKE_CURRENT_SOURCE_DIR}/profiles")
endforeach()

file(GLOB PROFILES ${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.pb ${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.pb.gz
	${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.txt)
fuzzer(profile capture capture ${PROFILES})
fuzzer(text capture capture)

# Against go tool pprof itself, where there is one; the same program is what tests/bench/profile measures.
add_executable(profile_top ${PROJECT_SOURCE_DIR}/tests/bench/profile_top.c)
target_link_libraries(profile_top PRIVATE capture)
# What a command of tests/bench/show takes.
add_executable(spent EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/bench/spent.c)
add_test(NAME capture-profile-go COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/profile_go $<TARGET_FILE:profile_top>)
set_tests_properties(capture-profile-go PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)

# The command's reports against those of go tool pprof: the kept ones, and all others where there is one.
foreach(way recorded live)
	add_test(NAME capture-show-${way} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/show_go ${way} $<TARGET_FILE:kubectl-pprof>)
	set_tests_properties(capture-show-${way} PROPERTIES TIMEOUT 900 SKIP_RETURN_CODE 77)
endforeach()

# Every allocation fails in turn (tests/lib/failing_alloc.h).
capture_test(no_memory profile_help.c ${PROJECT_SOURCE_DIR}/tests/lib/failing_alloc.c)
target_compile_definitions(test_capture_no_memory PRIVATE PROFILES="${CMAKE_CURRENT_SOURCE_DIR}/profiles")
target_link_options(test_capture_no_memory PRIVATE -Wl,--wrap=pthread_create)
