//! A new file under `migrations/` must reach the binary: the macro that embeds them does not watch the folder.

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
