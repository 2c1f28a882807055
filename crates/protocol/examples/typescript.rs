//! Prints `web/src/signalling/protocol.gen.ts`; `cargo xtask generate` writes it there.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().write_all(curtain_protocol::typescript::declarations().as_bytes())
}
