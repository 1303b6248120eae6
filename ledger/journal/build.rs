//! Nothing to do: a build script makes Cargo resolve the build-dependencies, see Cargo.toml.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
