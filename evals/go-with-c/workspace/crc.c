#include "crc.h"

#include <stdio.h>
#include <stdlib.h>

unsigned int crc(const char *bytes, int length) {
    unsigned int value = 0xffffffffu;
    for (int index = 0; index < length; index++) {
        value ^= (unsigned char)bytes[index];
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    }
    if (getenv("CRC_TRACE"))
        fprintf(stderr, "crc of %d bytes\n", length);
    return ~value;
}
