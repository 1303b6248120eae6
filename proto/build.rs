//! Generates messages, clients and servers from `hefu/v1/*.proto` without an installed compiler.

use std::{env, fs, path::PathBuf};

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files: Vec<PathBuf> =
        fs::read_dir("hefu/v1")?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    println!("cargo::rerun-if-changed=hefu/v1");
    let descriptors = protox::compile(&files, ["."])?;
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // What the network may ask about: everything but the operator's socket.
    let mut public = descriptors.clone();
    public.file.retain(|file| !file.name().ends_with("/operator_service.proto"));
    fs::write(out.join("public_descriptors.bin"), public.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".hefu.v1").compile_fds(descriptors)?;
    Ok(())
}
