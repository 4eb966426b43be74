# The tunnel, requests and pprof, against servers of the tests' own.
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
add_library(capture_bed STATIC app.c bed.c faults.c memory_wire.c site.c spdy_server.c stand_in.c stand_in_tls.c stand_in_ws.c)
target_link_libraries(capture_bed PUBLIC capture PkgConfig::CMOCKA PkgConfig::SSL PkgConfig::CRYPTO PkgConfig::CURL PkgConfig::ZLIB wslay)

foreach(name again queue upgrade ways forward_v4 forward_spdy forward_v4_out tunnel tunnel_flow tunnel_faults tunnel_cuts request request_ways pprof
	pprof_fetch)
	capture_test(${name})
	target_link_libraries(test_capture_${name} PRIVATE capture_bed)
endforeach()

fuzzer(channel capture capture)
fuzzer_link(channel wslay)
fuzzer(spdy capture capture)
fuzzer_link(spdy PkgConfig::ZLIB)
fuzzer(known_hosts capture capture)
fuzzer_link(known_hosts PkgConfig::SSH2)

# Every allocation fails in turn (tests/lib/failing_alloc.h).
capture_test(no_memory_wire ${PROJECT_SOURCE_DIR}/tests/lib/failing_alloc.c)
target_link_libraries(test_capture_no_memory_wire PRIVATE capture_bed)
target_link_options(test_capture_no_memory_wire PRIVATE -Wl,--wrap=pthread_create)
