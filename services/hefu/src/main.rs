//! `hefu`: see the library of the same name.

/// Decoding and views allocate on several threads, and free what others allocated.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hefu::run()
}
