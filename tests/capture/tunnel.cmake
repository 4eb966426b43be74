# The tunnel, requests and pprof, against servers of the tests' own.
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
add_library(capture_bed STATIC app.c bed.c faults.c memory_wire.c site.c spdy_server.c stand_in.c stand_in_tls.c stand_in_ws.c)
target_link_libraries(capture_bed PUBLIC capture PkgConfig::CMOCKA PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::CURL PkgConfig::ZLIB wslay)

foreach(name queue upgrade ways forward_v4 forward_spdy forward_v4_out tunnel tunnel_flow tunnel_faults tunnel_cuts request request_ways pprof
	pprof_fetch)
	capture_test(${name})
	target_link_libraries(test_capture_${name} PRIVATE capture_bed)
endforeach()

# Replays the kept inputs; fuzz_channel.c says how to fuzz.
file(GLOB CHANNEL_CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/channel/*)
add_executable(fuzz_channel_replay fuzz_channel.c)
target_link_libraries(fuzz_channel_replay PRIVATE capture wslay)
add_test(NAME capture-fuzz-channel COMMAND fuzz_channel_replay ${CHANNEL_CORPUS})
set_tests_properties(capture-fuzz-channel PROPERTIES TIMEOUT 60)

set(CHANNEL_SOURCES failure.c forward.c forward_v4.c queue.c upgrade.c websocket.c)
list(TRANSFORM CHANNEL_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/capture/)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
	add_executable(fuzz_channel EXCLUDE_FROM_ALL fuzz_channel.c ${CHANNEL_SOURCES})
	target_include_directories(fuzz_channel PRIVATE ${PROJECT_SOURCE_DIR})
	target_compile_definitions(fuzz_channel PRIVATE FUZZ_ENGINE)
	target_compile_options(fuzz_channel PRIVATE -O1 -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz_channel PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_libraries(fuzz_channel PRIVATE PkgConfig::CURL PkgConfig::CRYPTO PkgConfig::CJSON wslay)
endif()
