//! The control: this one compiles, so the others fail for their reason and not for a missing import.

use curtain_auth::{Clinician, Principal};
use curtain_domain::{ClinicalNote, Sealed, VisitId};
use curtain_storage::ClinicianScope;
use curtain_vault::{RecordContext, Vault};

fn main() {
    let _ = open;
    drop(record);
}

fn open(
    vault: &Vault,
    by: &Principal<Clinician>,
    place: &RecordContext,
    sealed: &Sealed<ClinicalNote>,
) -> usize {
    vault.open(by, place, sealed).map_or(0, |text| text.chars())
}

async fn record(scope: &mut ClinicianScope, visit: VisitId) -> bool {
    scope.note(visit).await.is_ok()
}
