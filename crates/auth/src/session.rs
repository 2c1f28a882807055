//! How long a signed-in browser stays signed in (SE1, SE3), and the one door from a row to a [`Principal`].

use core::time::Duration;

use curtain_domain::{AccountId, Entropy, PersonName, PracticeId, Role, SessionId, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::{AnyPrincipal, ContextToken, Identity, SessionHash, SessionLimits, SessionToken};

/// The times of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// When it began.
    pub created: Timestamp,
    /// Its last sign of life.
    pub last_used: Timestamp,
    /// Ends when `last_used` is this long ago.
    pub idle_limit: Duration,
    /// Ends then in any case.
    pub ends_at: Timestamp,
    /// When a second factor was last shown.
    pub factor_at: Timestamp,
}

/// A second factor is fresh for this long (SE4). Longer and a browser left alone changes its owner's factors; shorter and
/// people type codes twice for one errand.
pub const FRESH_FOR: Duration = Duration::from_mins(5);

/// Why a session no longer counts. The browser is told one thing only: signed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionEnd {
    /// No sign of life for the idle limit.
    #[error("the session was idle for too long")]
    Idle,
    /// The absolute limit is reached.
    #[error("the session is as old as it may get")]
    Old,
    /// The token shown is not the one of this session.
    #[error("the token belongs to another session")]
    OtherToken,
}

impl SessionTimes {
    /// The times of a session that begins now: the longest its role may have. The database ends it sooner where the practice
    /// says so, and tells the shorter times when it is read.
    pub fn begin(role: Role, now: Timestamp) -> Self {
        let most = SessionLimits::ceiling(role);
        let (idle_limit, ends_at) = (most.idle(), now + most.absolute());
        Self { created: now, last_used: now, idle_limit, ends_at, factor_at: now }
    }

    /// Whether a second factor was shown so lately that it counts for what needs a fresh one. A time that lies ahead is
    /// a clock that stepped back, and counts as old.
    pub fn has_fresh_factor(&self, now: Timestamp) -> bool {
        self.factor_at <= now && now.since(self.factor_at) < FRESH_FOR
    }

    /// Whether the session still counts.
    pub fn check(&self, now: Timestamp) -> Result<(), SessionEnd> {
        if now >= self.ends_at {
            return Err(SessionEnd::Old);
        }
        if now.since(self.last_used) >= self.idle_limit {
            return Err(SessionEnd::Idle);
        }
        Ok(())
    }
}

/// A session about to be written down. The only place where its token stands next to its times.
pub struct NewSession {
    /// Which session.
    pub id: SessionId,
    /// For the cookie; the database gets its hash and the hash of its context.
    pub token: SessionToken,
    /// Its limits.
    pub times: SessionTimes,
    /// The browser in plain words of ours, where it is known.
    pub device: Option<&'static str>,
}

impl NewSession {
    /// A fresh session with a fresh token, after both factors were right (SE1).
    pub fn issue(role: Role, now: Timestamp, entropy: &dyn Entropy) -> Self {
        Self {
            id: SessionId::new(now, entropy),
            token: SessionToken::new(entropy),
            times: SessionTimes::begin(role, now),
            device: None,
        }
    }
}

/// What the database says about a session that was found by the hash of its token.
pub struct StoredSessionRow {
    /// Which session.
    pub id: SessionId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Whose it is.
    pub account: AccountId,
    /// What others call them.
    pub name: PersonName,
    /// What they are in the practice.
    pub role: Role,
    /// Their practice.
    pub practice: PracticeId,
    /// What the practice is called.
    pub practice_name: String,
    /// Its times.
    pub times: SessionTimes,
}

/// A session as the database holds it. Not yet a person: that takes its token and the time.
pub struct StoredSession(StoredSessionRow);

impl StoredSession {
    /// From a row. Only `storage` may call this (held by clippy's `disallowed-methods`): whoever can make a stored
    /// session can make a principal.
    pub const fn from_row(row: StoredSessionRow) -> Self {
        Self(row)
    }

    /// Whose session.
    pub const fn account(&self) -> AccountId {
        self.0.account
    }

    /// Which session.
    pub const fn id(&self) -> SessionId {
        self.0.id
    }

    /// Its times.
    pub const fn times(&self) -> &SessionTimes {
        &self.0.times
    }

    /// Whether the session still counts.
    pub fn check(&self, now: Timestamp) -> Result<(), SessionEnd> {
        self.0.times.check(now)
    }

    /// The one mint of a principal: a live session and the token that it belongs to.
    pub fn admit(self, token: &SessionToken, now: Timestamp) -> Result<AnyPrincipal, SessionEnd> {
        let shown: SessionHash = token.hash();
        if !bool::from(shown.as_bytes().ct_eq(&self.0.token_hash)) {
            return Err(SessionEnd::OtherToken);
        }
        self.check(now)?;
        let context: ContextToken = token.context();
        Ok(AnyPrincipal::mint(Identity::new(self.0, context)))
    }
}

#[cfg(test)]
mod tests {
    use curtain_domain::SeededEntropy;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);
    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    #[expect(clippy::disallowed_methods, reason = "a session without a database")]
    fn stored(role: Role) -> (StoredSession, SessionToken) {
        let entropy = SeededEntropy::new(7);
        let NewSession { id, token, times, .. } = NewSession::issue(role, NOW, &entropy);
        let row = StoredSessionRow {
            id,
            token_hash: *token.hash().as_bytes(),
            account: AccountId::new(NOW, &entropy),
            name: PersonName::parse("Ana Ruiz").unwrap(),
            role,
            practice: PracticeId::new(NOW, &entropy),
            practice_name: "Demo".to_owned(),
            times,
        };
        (StoredSession::from_row(row), token)
    }

    #[test]
    fn staff_are_signed_out_after_fifteen_idle_minutes_and_twelve_hours() {
        for role in [Role::Clinician, Role::Administrator, Role::Auditor] {
            let times = SessionTimes::begin(role, NOW);
            assert_eq!(times.check(NOW + MINUTE * 15 - Duration::from_millis(1)), Ok(()));
            assert_eq!(times.check(NOW + MINUTE * 15), Err(SessionEnd::Idle));
            let busy = SessionTimes { last_used: NOW + HOUR * 12, ..times };
            assert_eq!(busy.check(NOW + HOUR * 12), Err(SessionEnd::Old));
        }
    }

    #[test]
    fn patients_are_signed_out_after_thirty_idle_minutes_and_a_day() {
        let times = SessionTimes::begin(Role::Patient, NOW);
        assert_eq!(times.check(NOW + MINUTE * 29), Ok(()));
        assert_eq!(times.check(NOW + MINUTE * 30), Err(SessionEnd::Idle));
        let busy = SessionTimes { last_used: NOW + HOUR * 24, ..times };
        assert_eq!(busy.check(NOW + HOUR * 24 - Duration::from_millis(1)), Ok(()));
        assert_eq!(busy.check(NOW + HOUR * 24), Err(SessionEnd::Old));
    }

    #[test]
    fn a_factor_is_fresh_for_five_minutes() {
        let times = SessionTimes::begin(Role::Clinician, NOW);
        assert!(times.has_fresh_factor(NOW));
        assert!(times.has_fresh_factor(NOW + FRESH_FOR - Duration::from_millis(1)));
        assert!(!times.has_fresh_factor(NOW + FRESH_FOR));
        assert!(!times.has_fresh_factor(NOW - Duration::from_secs(1)), "the clock stepped back");
        let never = SessionTimes { factor_at: Timestamp::from_unix_millis(0), ..times };
        assert!(!never.has_fresh_factor(NOW));
    }

    #[test]
    fn a_clock_that_steps_back_makes_no_eternal_session() {
        let times = SessionTimes::begin(Role::Clinician, NOW);
        assert_eq!(times.check(NOW - HOUR), Ok(()), "a small step back signs nobody out");
        assert_eq!(times.check(NOW + HOUR * 12), Err(SessionEnd::Old), "and the end stays where it was");
    }

    #[test]
    fn a_principal_is_who_its_session_says() {
        for role in Role::ALL {
            let (session, token) = stored(role);
            let (id, account, times) = (session.id(), session.account(), *session.times());
            let principal = session.admit(&token, NOW).ok().unwrap();
            let who = principal.identity();
            assert_eq!((who.role(), who.session(), who.account(), *who.times()), (role, id, account, times));
            assert_eq!((who.name().as_str(), who.practice_name()), ("Ana Ruiz", "Demo"));
            assert_eq!(who.context().hash().as_bytes(), token.context().hash().as_bytes());
        }
    }

    #[test]
    fn a_principal_is_of_its_own_role_and_no_other() {
        for role in Role::ALL {
            let (session, token) = stored(role);
            let account = session.account();
            let principal = session.admit(&token, NOW).ok().unwrap();
            let as_each = [
                principal.clone().into_patient().map(|one| (one.account(), format!("{one:?}"))),
                principal.clone().into_clinician().map(|one| (one.account(), format!("{one:?}"))),
                principal.clone().into_administrator().map(|one| (one.account(), format!("{one:?}"))),
                principal.into_auditor().map(|one| (one.account(), format!("{one:?}"))),
            ];
            let own = Some((account, format!("Principal<{role}>({account})")));
            assert_eq!(as_each, Role::ALL.map(|each| own.clone().filter(|_| each == role)));
        }
    }

    #[test]
    fn a_principal_knows_whether_its_factor_is_fresh() {
        let (session, token) = stored(Role::Administrator);
        let principal = session.admit(&token, NOW).ok().unwrap();
        let fresh = [NOW, NOW + FRESH_FOR].map(|at| principal.identity().has_fresh_factor(at));
        assert_eq!(fresh, [true, false]);
    }

    #[test]
    fn another_token_admits_nobody() {
        let (session, _) = stored(Role::Clinician);
        let other = SessionToken::new(&SeededEntropy::new(8));
        assert_eq!(session.admit(&other, NOW).err(), Some(SessionEnd::OtherToken));
    }

    #[test]
    fn an_idle_session_admits_nobody() {
        let (session, token) = stored(Role::Clinician);
        assert_eq!(session.admit(&token, NOW + HOUR).err(), Some(SessionEnd::Idle));
    }
}
