#include <stdio.h>

#include "launch.h"
#include "program.h"
#include "version.h"

int main(int argc, char **argv)
{
    struct options options;
    struct err err = {.code = 0};
    int exit_code = EXIT_SENSOR;
    if (options_parse(argc, argv, &options, &err) == 0) {
        if (options.command == COMMAND_VERSION) {
            printf("pare-sensor %s protocol %d\n", PARE_SENSOR_VERSION, PARE_SENSOR_PROTOCOL);
            return 0;
        }
        if (launch(&options, &exit_code, &err) == 0) {
            return exit_code;
        }
    }
    // runc's words where docker's exit codes are ours, else marked as the sensor's.
    fprintf(stderr, "%s%s\n", exit_code == EXIT_SENSOR ? "pare-sensor: " : "", err.text);
    return exit_code;
}
