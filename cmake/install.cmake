# What an installation consists of, and the Debian package. Included last by the root CMakeLists.txt.
#
#   cmake --install build/release --prefix DIR     the program and what it reads: component `program`
#                                                  and libfuzzmill-producer with its headers and what
#                                                  find_package(fuzzmill) reads: component `library`
#   cd build/release && cpack                      a .deb: both, and `system` (units, user, /etc)
include(GNUInstallDirs)
if(NOT TARGET fuzzmill)
  return()
endif()

install(TARGETS fuzzmill RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/redis.conf
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fuzzmill COMPONENT program)
if(EXISTS ${PROJECT_SOURCE_DIR}/README.md)
  install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT program FILES_MATCHING PATTERN "*.md")

include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/fuzzmill)
install(TARGETS fuzzmill_producer EXPORT fuzzmill-targets COMPONENT library
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/producers/library/fuzzmill
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library FILES_MATCHING PATTERN "*.h")
install(EXPORT fuzzmill-targets NAMESPACE fuzzmill:: DESTINATION ${package_folder} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/fuzzmill-config.cmake.in
  ${PROJECT_BINARY_DIR}/fuzzmill-config.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change the ABI.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fuzzmill-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fuzzmill-config.cmake ${PROJECT_BINARY_DIR}/fuzzmill-config-version.cmake
  DESTINATION ${package_folder} COMPONENT library)

# Absolute paths, and so only in a package: an install to a prefix of your own touches nothing else.
set(units ${PROJECT_SOURCE_DIR}/deploy/systemd)
install(FILES ${units}/fuzzmill-up.service ${units}/fuzzmill-redis.service ${units}/fuzzmill-broker.service
  ${units}/fuzzmill-worker@.service
  ${units}/fuzzmill-agent.service
  DESTINATION /usr/lib/systemd/system COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${units}/sysusers.conf RENAME fuzzmill.conf
  DESTINATION /usr/lib/sysusers.d COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${units}/tmpfiles.conf RENAME fuzzmill.conf
  DESTINATION /usr/lib/tmpfiles.d COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/redis.conf
  DESTINATION /etc/fuzzmill COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${units}/fuzzmill.env PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ
  DESTINATION /etc/fuzzmill COMPONENT system EXCLUDE_FROM_ALL)

# cpack takes what was built, and does not first build every test for the sake of one program.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fuzzmill)
set(CPACK_PACKAGE_VENDOR fuzzmill)
set(CPACK_PACKAGE_CONTACT "the fuzzmill authors <fuzzmill@localhost>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
# DESTDIR: the absolute paths above land in the package, not on the machine that makes it.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL program library system)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One program beside Redis: it takes crashes, resource samples and corpora from
the machines that fuzz, tells the same bug from a new one, classifies, archives
and alerts.")
# Libraries are found by dpkg-shlibdeps; redis-server is what `fuzzmill up` starts.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "redis-server (>= 5:6.2)")
# llvm-symbolizer names functions in reports of binaries that were not symbolized on the node.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "llvm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(scripts ${PROJECT_SOURCE_DIR}/deploy/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${scripts}/conffiles ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm)
include(CPack)
