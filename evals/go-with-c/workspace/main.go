// Command checksum writes a checksum of the hour every second, computed by C code that another team maintains.
package main

// #include "crc.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

func main() {
	for {
		text := []byte(time.Now().UTC().Format("2006-01-02 15h"))
		fmt.Printf("checksum of %q is %08x\n", text, uint32(C.crc((*C.char)(unsafe.Pointer(&text[0])), C.int(len(text)))))
		time.Sleep(time.Second)
	}
}
