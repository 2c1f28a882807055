//! What can be told. **No variant takes free text**: ids, numbers and words of closed lists, so that neither a name nor a
//! clinical word can stand in the log.

use curtain_auth::PolicyChange;
use curtain_domain::{AccountId, NoteVersion, Role, SessionId, VisitId};
use uuid::Uuid;

use super::codes::{
    AlertKind, AuditKind, AuditOutcome, CareTeamChange, EndCause, ExportForm, Factor, IdentityCheck,
    SignInRefusal,
};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Which account.
    pub account: AccountId,
    /// In which role.
    pub role: Role,
    /// In which session; `None` before there is one.
    pub session: Option<SessionId>,
}

/// A visit and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitOf {
    /// Which visit.
    pub visit: VisitId,
    /// Its patient.
    pub patient: AccountId,
}

/// Something that happened. `person` is always whom it was done to, `of` the visit it happened in.
#[expect(missing_docs, reason = "each variant says what its fields are; their types say the rest")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// Both factors were right; which second one.
    SignInSucceeded(Factor),
    /// Address or password did not fit; the person when the address is somebody's.
    SignInFailed { person: Option<AccountId> },
    /// The second factor did not fit.
    CodeWrong { person: AccountId, factor: Factor },
    /// Not even looked at.
    SignInThrottled { person: Option<AccountId>, why: SignInRefusal },
    /// A session began.
    SessionStarted { session: SessionId },
    /// A session ended.
    SessionEnded { person: AccountId, session: SessionId, cause: EndCause },
    /// All sessions of somebody ended, so many.
    SessionsEnded { person: AccountId, cause: EndCause, count: u64 },
    /// Somebody proved again that it is them.
    StepUpSucceeded(Factor),
    /// Somebody could not prove again that it is them.
    StepUpFailed(Factor),
    /// An account was activated by its link.
    AccountActivated { person: AccountId },
    /// A person was invited, in a role.
    PersonInvited { person: AccountId, role: Role },
    /// A person was suspended.
    PersonSuspended { person: AccountId },
    /// A suspended person may come again.
    PersonReactivated { person: AccountId },
    /// A person's role changed.
    RoleChanged { person: AccountId, from: Role, to: Role },
    /// A second factor was set up.
    FactorEnrolled { person: AccountId, factor: Factor },
    /// A second factor was replaced by another of its kind.
    FactorChanged { person: AccountId, factor: Factor },
    /// A second factor was taken away by its owner.
    FactorRemoved { person: AccountId, factor: Factor },
    /// An administrator reset somebody's second factors, having checked who they are.
    FactorReset { person: AccountId, check: IdentityCheck },
    /// An administrator asked for a reset of somebody's password and second factor, having checked who they are.
    AccessResetRequested { person: AccountId, check: IdentityCheck },
    /// Another one approved it; nobody is named where that was the server's console.
    AccessResetApproved { person: AccountId },
    /// It was put away before anybody approved it.
    AccessResetWithdrawn { person: AccountId },
    /// A recovery code was used; so many are left.
    RecoveryCodeUsed { person: AccountId, left: u64 },
    /// New recovery codes were handed out.
    RecoveryCodesReissued { person: AccountId },
    /// A password was changed.
    PasswordChanged { person: AccountId },
    /// One value of the practice's policy was changed: what it was, and what it is.
    PolicyChanged(PolicyChange),
    /// A clinician joined or left a patient's care team.
    CareTeamChanged { patient: AccountId, clinician: AccountId, change: CareTeamChange },
    /// A visit was made.
    VisitCreated(VisitOf),
    /// A colleague was given a place in a visit.
    ColleagueAdded { of: VisitOf, person: AccountId },
    /// The actor asked to be let in.
    VisitArrived(VisitOf),
    /// Somebody was let in.
    VisitAdmitted { of: VisitOf, person: AccountId },
    /// Somebody was refused at the door.
    VisitDeclined { of: VisitOf, person: AccountId },
    /// The actor is in the visit.
    VisitJoined(VisitOf),
    /// Somebody was put out of the visit.
    VisitRemoved { of: VisitOf, person: AccountId },
    /// The actor is no longer in the visit.
    VisitLeft(VisitOf),
    /// The visit ended.
    VisitEnded(VisitOf),
    /// A note was opened.
    NoteRead { of: VisitOf, version: NoteVersion },
    /// A note did not open.
    NoteUnreadable { of: VisitOf, version: NoteVersion },
    /// A note was saved.
    NoteWritten { of: VisitOf, version: NoteVersion },
    /// Refused: the method and the route's pattern, with the id that stood in it.
    AccessDenied { method: &'static str, route: String, named: Option<Uuid> },
    /// A page of the log was read, searched by so many things.
    AuditRead { person: Option<AccountId>, patient: Option<AccountId>, kind: Option<AuditKind> },
    /// The log was verified; how many things were wrong.
    AuditVerified { wrong: u64, entries: u64 },
    /// The log was exported.
    AuditExported { form: ExportForm, person: Option<AccountId>, patient: Option<AccountId> },
    /// The server raised an alert, about somebody or the whole practice.
    AlertRaised { kind: AlertKind, person: Option<AccountId> },
    /// An administrator saw an alert.
    AlertSeen { kind: AlertKind, person: Option<AccountId> },
    /// An administrator made a key of the practice; whether the key before it vouches for it.
    PracticeKeyMade { key: Uuid, vouched: bool },
    /// A clinician told the practice of a browser they hold visits in.
    DeviceRegistered { person: AccountId },
    /// An administrator certified a clinician's browser with the practice's key.
    DeviceCertified { person: AccountId, device: Uuid },
    /// A clinician's browser was revoked.
    DeviceRevoked { person: AccountId, device: Uuid },
}

/// What stands in the columns beside kind and outcome.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) subject: Option<AccountId>,
    pub(crate) patient: Option<AccountId>,
    pub(crate) visit: Option<Uuid>,
    pub(crate) detail: Option<String>,
}

impl Told {
    fn about(subject: impl Into<Option<AccountId>>) -> Self {
        Self { subject: subject.into(), ..Self::default() }
    }

    fn of(visit: &VisitOf) -> Self {
        Self { patient: Some(visit.patient), visit: Some(visit.visit.as_uuid()), ..Self::default() }
    }

    fn on(mut self, subject: AccountId) -> Self {
        self.subject = Some(subject);
        self
    }

    fn with(mut self, detail: &impl ToString) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

impl AuditEvent {
    /// What happened.
    pub const fn kind(&self) -> AuditKind {
        match self {
            Self::SignInSucceeded(_) => AuditKind::SignInSucceeded,
            Self::SignInFailed { .. } => AuditKind::SignInFailed,
            Self::CodeWrong { .. } => AuditKind::CodeWrong,
            Self::SignInThrottled { .. } => AuditKind::SignInThrottled,
            Self::SessionStarted { .. } => AuditKind::SessionStarted,
            Self::SessionEnded { .. } => AuditKind::SessionEnded,
            Self::SessionsEnded { .. } => AuditKind::SessionsEnded,
            Self::StepUpSucceeded(_) => AuditKind::StepUpSucceeded,
            Self::StepUpFailed(_) => AuditKind::StepUpFailed,
            Self::AccountActivated { .. } => AuditKind::AccountActivated,
            Self::PersonInvited { .. } => AuditKind::PersonInvited,
            Self::PersonSuspended { .. } => AuditKind::PersonSuspended,
            Self::PersonReactivated { .. } => AuditKind::PersonReactivated,
            Self::RoleChanged { .. } => AuditKind::RoleChanged,
            Self::FactorEnrolled { .. } => AuditKind::FactorEnrolled,
            Self::FactorChanged { .. } => AuditKind::FactorChanged,
            Self::FactorRemoved { .. } => AuditKind::FactorRemoved,
            Self::FactorReset { .. } => AuditKind::FactorReset,
            Self::AccessResetRequested { .. } => AuditKind::AccessResetRequested,
            Self::AccessResetApproved { .. } => AuditKind::AccessResetApproved,
            Self::AccessResetWithdrawn { .. } => AuditKind::AccessResetWithdrawn,
            Self::RecoveryCodeUsed { .. } => AuditKind::RecoveryCodeUsed,
            Self::RecoveryCodesReissued { .. } => AuditKind::RecoveryCodesReissued,
            Self::PasswordChanged { .. } => AuditKind::PasswordChanged,
            Self::PolicyChanged(_) => AuditKind::PolicyChanged,
            Self::CareTeamChanged { .. } => AuditKind::CareTeamChanged,
            Self::VisitCreated(_) => AuditKind::VisitCreated,
            Self::ColleagueAdded { .. } => AuditKind::ColleagueAdded,
            Self::VisitArrived(_) => AuditKind::VisitArrived,
            Self::VisitAdmitted { .. } => AuditKind::VisitAdmitted,
            Self::VisitDeclined { .. } => AuditKind::VisitDeclined,
            Self::VisitJoined(_) => AuditKind::VisitJoined,
            Self::VisitRemoved { .. } => AuditKind::VisitRemoved,
            Self::VisitLeft(_) => AuditKind::VisitLeft,
            Self::VisitEnded(_) => AuditKind::VisitEnded,
            Self::NoteRead { .. } => AuditKind::NoteRead,
            Self::NoteUnreadable { .. } => AuditKind::NoteUnreadable,
            Self::NoteWritten { .. } => AuditKind::NoteWritten,
            Self::AccessDenied { .. } => AuditKind::AccessDenied,
            Self::AuditRead { .. } => AuditKind::AuditRead,
            Self::AuditVerified { .. } => AuditKind::AuditVerified,
            Self::AuditExported { .. } => AuditKind::AuditExported,
            Self::AlertRaised { .. } => AuditKind::AlertRaised,
            Self::AlertSeen { .. } => AuditKind::AlertSeen,
            Self::PracticeKeyMade { .. } => AuditKind::PracticeKeyMade,
            Self::DeviceRegistered { .. } => AuditKind::DeviceRegistered,
            Self::DeviceCertified { .. } => AuditKind::DeviceCertified,
            Self::DeviceRevoked { .. } => AuditKind::DeviceRevoked,
        }
    }

    /// How it went.
    pub const fn outcome(&self) -> AuditOutcome {
        match self {
            Self::SignInFailed { .. }
            | Self::CodeWrong { .. }
            | Self::StepUpFailed(_)
            | Self::NoteUnreadable { .. } => AuditOutcome::Failure,
            Self::AuditVerified { wrong, .. } if *wrong > 0 => AuditOutcome::Failure,
            Self::SignInThrottled { .. } | Self::VisitDeclined { .. } | Self::AccessDenied { .. } => {
                AuditOutcome::Denied
            }
            _ => AuditOutcome::Success,
        }
    }

    pub(crate) fn told(&self) -> Told {
        match self {
            Self::SignInSucceeded(factor) | Self::StepUpSucceeded(factor) | Self::StepUpFailed(factor) => {
                Told::default().with(&factor)
            }
            Self::SessionStarted { session } => Told::default().with(&session),
            Self::SignInFailed { person } => Told::about(*person),
            Self::SignInThrottled { person, why } => Told::about(*person).with(&why),
            Self::CodeWrong { person, factor }
            | Self::FactorEnrolled { person, factor }
            | Self::FactorChanged { person, factor }
            | Self::FactorRemoved { person, factor } => Told::about(*person).with(&factor),
            Self::SessionEnded { person, session, cause } => {
                Told::about(*person).with(&format!("{cause}:{session}"))
            }
            Self::SessionsEnded { person, cause, count } => {
                Told::about(*person).with(&format!("{cause}:{count}"))
            }
            Self::AccountActivated { person }
            | Self::PersonSuspended { person }
            | Self::PersonReactivated { person }
            | Self::RecoveryCodesReissued { person }
            | Self::AccessResetApproved { person }
            | Self::AccessResetWithdrawn { person }
            | Self::DeviceRegistered { person }
            | Self::PasswordChanged { person } => Told::about(*person),
            Self::DeviceCertified { person, device } | Self::DeviceRevoked { person, device } => {
                Told::about(*person).with(device)
            }
            Self::PracticeKeyMade { key, vouched } => {
                Told::default().with(&format!("vouched={vouched}:{key}"))
            }
            Self::PersonInvited { person, role } => Told::about(*person).with(&role),
            Self::RoleChanged { person, from, to } => Told::about(*person).with(&format!("{from}:{to}")),
            Self::FactorReset { person, check } | Self::AccessResetRequested { person, check } => {
                Told::about(*person).with(&check)
            }
            Self::RecoveryCodeUsed { person, left } => Told::about(*person).with(&format!("left={left}")),
            Self::PolicyChanged(change) => Told::default().with(change),
            Self::CareTeamChanged { patient, clinician, change } => {
                Told { patient: Some(*patient), ..Told::about(*clinician).with(&change) }
            }
            Self::VisitCreated(of)
            | Self::VisitArrived(of)
            | Self::VisitJoined(of)
            | Self::VisitLeft(of)
            | Self::VisitEnded(of) => Told::of(of),
            Self::ColleagueAdded { of, person }
            | Self::VisitAdmitted { of, person }
            | Self::VisitDeclined { of, person }
            | Self::VisitRemoved { of, person } => Told::of(of).on(*person),
            Self::NoteRead { of, version }
            | Self::NoteUnreadable { of, version }
            | Self::NoteWritten { of, version } => Told::of(of).with(&format!("version={}", version.0)),
            Self::AccessDenied { method, route, named } => {
                Told { visit: *named, ..Told::default().with(&format!("{method}:{route}")) }
            }
            Self::AuditRead { person, patient, kind } => {
                let read = Told { patient: *patient, ..Told::about(*person) };
                if let Some(kind) = kind { read.with(&kind) } else { read }
            }
            Self::AuditVerified { wrong, entries } => {
                Told::default().with(&format!("entries={entries},wrong={wrong}"))
            }
            Self::AuditExported { form, person, patient } => {
                Told { patient: *patient, ..Told::about(*person).with(&form) }
            }
            Self::AlertRaised { kind, person } | Self::AlertSeen { kind, person } => {
                Told::about(*person).with(&kind)
            }
        }
    }
}
