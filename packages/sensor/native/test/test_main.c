/*
 * Tests of the parts that need no container. `golden` prints the frames that PROTOCOL.md shows; `emulated` leaves out
 * the test of processes, as qemu-user makes up the /proc files of its own process and has no pidfds.
 */
#include <string.h>

#include "check.h"

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "golden") == 0) {
        print_golden_frames();
        return 0;
    }
    test_join_message();
    test_options();
    test_path();
    test_lookup();
    test_unique();
    test_frame();
    test_record();
    test_proc();
    test_socket();
    test_filter();
    test_calls();
    if (argc < 2 || strcmp(argv[1], "emulated") != 0) {
        test_process();
    }
    puts("ok");
    return 0;
}
