//! Refused: a record through the administrator's database role. The scope has no such method.

use curtain_domain::VisitId;
use curtain_storage::AdminScope;

fn main() {
    drop(record);
}

async fn record(scope: &mut AdminScope, visit: VisitId) -> bool {
    scope.note(visit).await.is_ok()
}
