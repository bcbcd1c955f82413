unsigned int crc(const char *bytes, int length);
