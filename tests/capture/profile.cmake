# Profiles: what is in tests/capture/profiles, and bytes that are no profile.
foreach(name profile profile_filter profile_flame malformed)
	capture_test(${name} profile_help.c)
	target_compile_definitions(test_capture_${name} PRIVATE PROFILES="${CMAKE_CURRENT_SOURCE_DIR}/profiles")
endforeach()

# Replays the kept inputs; fuzz_profile.c says how to fuzz.
file(GLOB PROFILE_CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/profile/* ${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.pb
	${CMAKE_CURRENT_SOURCE_DIR}/profiles/*.pb.gz)
add_executable(fuzz_profile_replay fuzz_profile.c)
target_link_libraries(fuzz_profile_replay PRIVATE capture)
add_test(NAME capture-fuzz-profile COMMAND fuzz_profile_replay ${PROFILE_CORPUS})
set_tests_properties(capture-fuzz-profile PROPERTIES TIMEOUT 60)

set(PROFILE_SOURCES gzip.c profile.c profile_encode.c profile_filter.c profile_flame.c profile_flame_order.c profile_graph.c profile_graph_edges.c profile_link.c profile_merge.c profile_merge_tables.c
	profile_names.c profile_nodes.c profile_parse.c profile_parse_sample.c profile_prune.c profile_read.c profile_table.c
	profile_top.c proto.c)
list(TRANSFORM PROFILE_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/capture/)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
	add_executable(fuzz_profile EXCLUDE_FROM_ALL fuzz_profile.c ${PROFILE_SOURCES})
	target_include_directories(fuzz_profile PRIVATE ${PROJECT_SOURCE_DIR})
	target_compile_definitions(fuzz_profile PRIVATE FUZZ_ENGINE)
	target_compile_options(fuzz_profile PRIVATE -O1 -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz_profile PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_libraries(fuzz_profile PRIVATE PkgConfig::ZLIB)
endif()

# Against go tool pprof itself, where there is one; the same program is what tests/bench/profile measures.
add_executable(profile_top ${PROJECT_SOURCE_DIR}/tests/bench/profile_top.c)
target_link_libraries(profile_top PRIVATE capture)
add_test(NAME capture-profile-go COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/profile_go $<TARGET_FILE:profile_top>)
set_tests_properties(capture-profile-go PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
