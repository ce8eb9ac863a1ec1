/* Tests of the parts that need no container. `golden` prints the frames that PROTOCOL.md shows. */
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
    test_unique();
    test_frame();
    test_record();
    test_proc();
    test_socket();
    test_filter();
    test_calls();
    test_process();
    puts("ok");
    return 0;
}
