//! Refused: a principal made by hand, without a session.

use std::marker::PhantomData;

use curtain_auth::{Clinician, Identity, Principal};

fn main() {
    let _ = forge;
}

fn forge(identity: Identity) -> Principal<Clinician> {
    Principal { identity, role: PhantomData }
}
