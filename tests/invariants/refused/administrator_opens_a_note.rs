//! Refused: an administrator at the vault.

use curtain_auth::{Administrator, Principal};
use curtain_domain::{ClinicalNote, Sealed};
use curtain_vault::{RecordContext, Vault};

fn main() {
    let _ = open;
}

fn open(
    vault: &Vault,
    by: &Principal<Administrator>,
    place: &RecordContext,
    sealed: &Sealed<ClinicalNote>,
) -> usize {
    vault.open(by, place, sealed).map_or(0, |text| text.chars())
}
