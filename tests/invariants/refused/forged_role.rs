//! Refused: a role of one's own that may read clinical text. The roles are a closed list.

use curtain_auth::{MayReadClinicalText, PrincipalRole};
use curtain_domain::Role;

enum Intruder {}

impl PrincipalRole for Intruder {
    const ROLE: Role = Role::Administrator;
}

impl MayReadClinicalText for Intruder {}

fn main() {
    let _ = <Intruder as PrincipalRole>::ROLE;
}
