#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../socket.h"
#include "check.h"

static bool parse(const void *address, size_t length, struct endpoint *endpoint)
{
    // A copy of its exact size, for the address sanitizer.
    static uint8_t *copy;
    free(copy);
    copy = malloc(length == 0 ? 1 : length);
    memcpy(copy, address, length);
    return socket_parse(copy, length, endpoint);
}

void test_socket(void)
{
    struct endpoint endpoint;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(0x7f000001)};
    CHECK(parse(&four, sizeof four, &endpoint) && endpoint.family == AF_INET && endpoint.port == 8080);
    CHECK(endpoint.address_length == 4 && endpoint.address[0] == 127 && endpoint.address[3] == 1);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(443), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    CHECK(parse(&six, sizeof six, &endpoint) && endpoint.port == 443 && endpoint.address_length == 16);
    CHECK(endpoint.address[15] == 1);
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    CHECK(parse(&local, sizeof local, &endpoint) && endpoint.is_path && endpoint.address_length == 6);
    CHECK(parse(&local, 2 + 4, &endpoint) && endpoint.is_path && endpoint.address_length == 4);
    local.sun_path[0] = '\0';
    CHECK(parse(&local, 2 + 6, &endpoint) && !endpoint.is_path && endpoint.address_length == 6);
    memset(local.sun_path, 'x', sizeof local.sun_path);
    CHECK(parse(&local, sizeof local, &endpoint) && endpoint.address_length == sizeof local.sun_path);
    const void *addresses[] = {&four, &six, &local};
    for (size_t i = 0; i < 3; i++) {
        for (size_t length = 0; length < 16; length++) {
            CHECK(parse(addresses[i], length, &endpoint) == (length >= 2));
            CHECK(endpoint.address_length <= length);
        }
    }
}
