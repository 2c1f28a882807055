//! Where our rules live inside the MLS library: it calls them for every leaf and every commit, our own and others'.
//!
//! Being inside means that nothing can be applied first and checked later: a refused commit never touches the group.
//! The commit rules R0 to R3 stand in `rules/commit.rs`, what a leaf must be in `rules/identity.rs`.

mod commit;
mod identity;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtain_domain::{AccountId, Timestamp, VisitId};

pub(crate) use commit::check_re_entry;
pub use commit::{GONE_FOR, GONE_FOR_SEEN};

use crate::credential::Practice;
use crate::suite::Suite;

/// What the rules know besides the group itself. All clones see the same.
#[derive(Clone)]
pub(crate) struct Rules {
    visit: VisitId,
    suite: Suite,
    watch: Arc<Mutex<Watch>>,
}

/// What changes: the time of the running call, whom the server reported gone, and what is held to be the practice's key.
struct Watch {
    now: Timestamp,
    practice: Practice,
    gone: BTreeMap<AccountId, Timestamp>,
}

impl Rules {
    pub(crate) fn new(visit: VisitId, suite: Suite, now: Timestamp) -> Self {
        let watch = Watch { now, practice: Practice::default(), gone: BTreeMap::new() };
        Self { visit, suite, watch: Arc::new(Mutex::new(watch)) }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the call that is about to run.
    pub(crate) fn set_now(&self, now: Timestamp) {
        self.watch().now = now;
    }

    pub(crate) fn trust(&self, practice: Practice) {
        self.watch().practice = practice;
    }

    pub(crate) fn practice(&self) -> Practice {
        self.watch().practice.clone()
    }

    pub(crate) fn report_gone(&self, person: AccountId, now: Timestamp) {
        self.watch().gone.entry(person).or_insert(now);
    }

    pub(crate) fn report_back(&self, person: AccountId) {
        self.watch().gone.remove(&person);
    }
}
