# The stand-in for rust:1-alpine, which has the standard library of its own platform alone, and that of arm64, compiled from Debian's packages.

FROM rust:1-alpine AS std
ENV TARGET=aarch64-unknown-linux-musl
WORKDIR /parts
RUN dpkg --add-architecture arm64 && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends rust-src binutils-aarch64-linux-gnu \
    && apt-get download -qq musl-dev:arm64 "libgcc-$(gcc -dumpversion)-dev:arm64" \
    && for deb in *.deb; do dpkg-deb -x "$deb" .; done
# What rustc links musl programs with; the last symbol is glibc's, and only unwinding would ask for it.
WORKDIR /usr/lib/rustlib/$TARGET/lib/self-contained
RUN cp /parts/usr/lib/aarch64-linux-musl/*.o /parts/usr/lib/aarch64-linux-musl/libc.a . \
    && cp /parts/usr/lib/gcc/aarch64-linux-gnu/*/crt*.o . \
    && cp /parts/usr/lib/gcc/aarch64-linux-gnu/*/libgcc_eh.a libunwind.a \
    && printf '.globl _dl_find_object\n_dl_find_object:\nmov w0, #-1\nret\n' | aarch64-linux-gnu-as -o stub.o - \
    && aarch64-linux-gnu-ar rs libunwind.a stub.o && rm stub.o
# Without optimisation, for nobody runs it: the tests look at which processor a program is for.
WORKDIR /empty
RUN cargo init --quiet --lib --name empty && mkdir .cargo \
    && printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "%s"\n' \
        /usr/lib/rustlib/src/rust/library/vendor > .cargo/config.toml \
    && RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_PROFILE_DEV_DEBUG=0 \
        cargo build --quiet --offline -Zbuild-std=std,panic_unwind --target "$TARGET" \
    && rm target/$TARGET/debug/deps/libempty* \
    && cp target/$TARGET/debug/deps/*.rlib /usr/lib/rustlib/$TARGET/lib/

FROM rust:1-alpine
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends lld && ln -s ld.lld /usr/bin/rust-lld \
    && printf '#!/bin/sh\necho "$*: is there"\n' > /usr/local/cargo/bin/rustup
COPY --from=std /usr/lib/rustlib/aarch64-unknown-linux-musl/ /usr/lib/rustlib/aarch64-unknown-linux-musl/
