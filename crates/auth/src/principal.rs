//! A person who proved who they are. Fields are private and the constructors stay in this crate: nobody else can make one.

use core::fmt;
use core::marker::PhantomData;

use curtain_domain::{AccountId, PersonName, PracticeId, Role, SessionId, Timestamp};

use crate::session::StoredSessionRow;
use crate::{Administrator, Auditor, Clinician, ContextToken, Patient, PrincipalRole, SessionTimes};

/// Who somebody is, whatever their role.
#[derive(Clone)]
pub struct Identity {
    account: AccountId,
    name: PersonName,
    role: Role,
    practice: PracticeId,
    practice_name: String,
    session: SessionId,
    times: SessionTimes,
    context: ContextToken,
}

impl Identity {
    pub(crate) fn new(row: StoredSessionRow, context: ContextToken) -> Self {
        let StoredSessionRow { id, account, name, role, practice, practice_name, times, token_hash: _ } = row;
        Self { account, name, role, practice, practice_name, session: id, times, context }
    }

    /// Their account; the `person` of an MLS credential.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// What others call them.
    pub const fn name(&self) -> &PersonName {
        &self.name
    }

    /// What they are in the practice.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Their practice.
    pub const fn practice(&self) -> PracticeId {
        self.practice
    }

    /// What the practice is called.
    pub fn practice_name(&self) -> &str {
        &self.practice_name
    }

    /// The session they act in.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The times of that session, as read at the start of the request.
    pub const fn times(&self) -> &SessionTimes {
        &self.times
    }

    /// Whether a second factor was shown lately enough for what needs a fresh one (SE4).
    pub fn has_fresh_factor(&self, now: Timestamp) -> bool {
        self.times.has_fresh_factor(now)
    }

    /// What tells Postgres who acts.
    pub const fn context(&self) -> &ContextToken {
        &self.context
    }
}

/// A person in the role `R`. To hold one is to be allowed what `R` may do; no handler asks again.
pub struct Principal<R> {
    identity: Identity,
    role: PhantomData<fn() -> R>,
}

impl<R: PrincipalRole> Principal<R> {
    const fn mint(identity: Identity) -> Self {
        Self { identity, role: PhantomData }
    }

    /// Who they are.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Their account.
    pub const fn account(&self) -> AccountId {
        self.identity.account
    }
}

impl<R> Clone for Principal<R> {
    fn clone(&self) -> Self {
        Self { identity: self.identity.clone(), role: PhantomData }
    }
}

impl<R: PrincipalRole> fmt::Debug for Principal<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Principal<{}>({})", R::ROLE, self.identity.account)
    }
}

/// A person whose role a route does not fix.
#[derive(Debug, Clone)]
pub enum AnyPrincipal {
    /// A patient.
    Patient(Principal<Patient>),
    /// A clinician.
    Clinician(Principal<Clinician>),
    /// An administrator.
    Administrator(Principal<Administrator>),
    /// An auditor.
    Auditor(Principal<Auditor>),
}

impl AnyPrincipal {
    pub(crate) const fn mint(identity: Identity) -> Self {
        match identity.role {
            Role::Patient => Self::Patient(Principal::mint(identity)),
            Role::Clinician => Self::Clinician(Principal::mint(identity)),
            Role::Administrator => Self::Administrator(Principal::mint(identity)),
            Role::Auditor => Self::Auditor(Principal::mint(identity)),
        }
    }

    /// Who they are.
    pub const fn identity(&self) -> &Identity {
        match self {
            Self::Patient(principal) => principal.identity(),
            Self::Clinician(principal) => principal.identity(),
            Self::Administrator(principal) => principal.identity(),
            Self::Auditor(principal) => principal.identity(),
        }
    }

    /// The patient, or `None` for anybody else.
    pub fn into_patient(self) -> Option<Principal<Patient>> {
        if let Self::Patient(principal) = self { Some(principal) } else { None }
    }

    /// The clinician, or `None` for anybody else.
    pub fn into_clinician(self) -> Option<Principal<Clinician>> {
        if let Self::Clinician(principal) = self { Some(principal) } else { None }
    }

    /// The administrator, or `None` for anybody else.
    pub fn into_administrator(self) -> Option<Principal<Administrator>> {
        if let Self::Administrator(principal) = self { Some(principal) } else { None }
    }

    /// The auditor, or `None` for anybody else.
    pub fn into_auditor(self) -> Option<Principal<Auditor>> {
        if let Self::Auditor(principal) = self { Some(principal) } else { None }
    }
}
