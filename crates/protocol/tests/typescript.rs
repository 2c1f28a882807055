//! The client's copy of the wire is the one that these types make.

use std::fs;
use std::path::Path;

#[test]
fn the_checked_in_typescript_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src/signalling/protocol.gen.ts");
    let checked_in = fs::read_to_string(&file).expect("web/src/signalling/protocol.gen.ts is checked in");
    let fresh = curtain_protocol::typescript::declarations();
    assert!(checked_in == fresh, "the wire has changed: run `cargo xtask generate` and commit the result");
}

#[test]
fn every_type_that_is_named_is_declared() {
    let text = curtain_protocol::typescript::declarations();
    for name in
        ["ClientMessage", "ServerMessage", "Envelope", "Refusal", "Slot", "GroupState", "PersonInVisit"]
    {
        assert!(text.contains(&format!("export type {name} = ")), "{name}");
    }
}
