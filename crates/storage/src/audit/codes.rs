//! The closed lists of words that an audit event is made of. They are an interface: stored, exported and searched for,
//! so they are added to and never renamed.

use core::fmt;
use core::str::FromStr;

/// The text is none of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a word of this list")]
pub struct UnknownCode;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
        }

        impl $name {
            /// The whole list.
            pub const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// The word that is stored and exported.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $code,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownCode;

            fn from_str(text: &str) -> Result<Self, UnknownCode> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(UnknownCode)
            }
        }
    };
}

codes!(
    /// What happened.
    AuditKind {
        /// Both factors were right.
        SignInSucceeded = "sign_in_succeeded",
        /// Address or password did not fit.
        SignInFailed = "sign_in_failed",
        /// The code was wrong or used before.
        CodeWrong = "code_wrong",
        /// Too many failures: not even looked at.
        SignInThrottled = "sign_in_throttled",
        /// A session began.
        SessionStarted = "session_started",
        /// A session ended.
        SessionEnded = "session_ended",
        /// All sessions of somebody ended.
        SessionsEnded = "sessions_ended",
        /// Somebody proved again that it is them.
        StepUpSucceeded = "step_up_succeeded",
        /// Somebody could not prove again that it is them.
        StepUpFailed = "step_up_failed",
        /// An account was activated by its link.
        AccountActivated = "account_activated",
        /// A person was invited.
        PersonInvited = "person_invited",
        /// A person was suspended.
        PersonSuspended = "person_suspended",
        /// A suspended person may come again.
        PersonReactivated = "person_reactivated",
        /// A person's role changed.
        RoleChanged = "role_changed",
        /// A second factor was set up.
        FactorEnrolled = "factor_enrolled",
        /// A second factor was replaced by another of its kind.
        FactorChanged = "factor_changed",
        /// A second factor was taken away by its owner.
        FactorRemoved = "factor_removed",
        /// An administrator reset somebody's second factors.
        FactorReset = "factor_reset",
        /// An administrator asked for a reset of somebody's password and second factor.
        AccessResetRequested = "access_reset_requested",
        /// Another one approved it.
        AccessResetApproved = "access_reset_approved",
        /// It was put away.
        AccessResetWithdrawn = "access_reset_withdrawn",
        /// A recovery code was used.
        RecoveryCodeUsed = "recovery_code_used",
        /// New recovery codes were handed out; the old ones are void.
        RecoveryCodesReissued = "recovery_codes_reissued",
        /// A password was changed.
        PasswordChanged = "password_changed",
        /// A policy of the practice was changed.
        PolicyChanged = "policy_changed",
        /// A clinician joined or left a patient's care team.
        CareTeamChanged = "care_team_changed",
        /// A visit was made.
        VisitCreated = "visit_created",
        /// A colleague was given a place in a visit.
        ColleagueAdded = "colleague_added",
        /// Somebody asked to be let in.
        VisitArrived = "visit_arrived",
        /// Somebody was let in by somebody.
        VisitAdmitted = "visit_admitted",
        /// Somebody was refused at the door.
        VisitDeclined = "visit_declined",
        /// Somebody is in the visit.
        VisitJoined = "visit_joined",
        /// Somebody was put out of the visit.
        VisitRemoved = "visit_removed",
        /// Somebody is no longer in the visit.
        VisitLeft = "visit_left",
        /// The visit ended.
        VisitEnded = "visit_ended",
        /// A note was read.
        NoteRead = "note_read",
        /// A note did not open: changed, moved, or under another key.
        NoteUnreadable = "note_unreadable",
        /// A note was written.
        NoteWritten = "note_written",
        /// Something was refused: not allowed, or not theirs.
        AccessDenied = "access_denied",
        /// The audit log was read.
        AuditRead = "audit_read",
        /// The audit log was verified.
        AuditVerified = "audit_verified",
        /// The audit log was exported.
        AuditExported = "audit_exported",
        /// The server noticed something that administrators must look at.
        AlertRaised = "alert_raised",
        /// An administrator saw an alert.
        AlertSeen = "alert_seen",
        /// An administrator made a key of the practice.
        PracticeKeyMade = "practice_key_made",
        /// A clinician told the practice of a browser they hold visits in.
        DeviceRegistered = "device_registered",
        /// An administrator certified such a browser with the practice's key.
        DeviceCertified = "device_certified",
        /// Such a browser was revoked.
        DeviceRevoked = "device_revoked",
    }
);

codes!(
    /// What an alert is.
    AlertKind {
        /// Many failed sign-ins in the whole practice.
        FailedSignIns = "failed_sign_ins",
        /// Many failed sign-ins of one person.
        FailedSignInsOfOne = "failed_sign_ins_of_one",
        /// One person opened the records of many patients.
        ManyRecordsRead = "many_records_read",
        /// A second factor was reset.
        FactorReset = "factor_reset",
        /// The audit log is not the one that was written.
        AuditBreak = "audit_break",
    }
);

codes!(
    /// How it went.
    AuditOutcome {
        /// Done.
        Success = "success",
        /// Tried, and it failed.
        Failure = "failure",
        /// Refused.
        Denied = "denied",
    }
);

codes!(
    /// A second factor.
    Factor {
        /// An authenticator app.
        Totp = "totp",
        /// A passkey.
        Passkey = "passkey",
        /// A recovery code.
        RecoveryCode = "recovery_code",
    }
);

codes!(
    /// Why a session ended.
    EndCause {
        /// Its person signed out.
        SignedOut = "signed_out",
        /// The same browser signed in again.
        Replaced = "replaced",
        /// Its person ended it from another device.
        ByOwner = "by_owner",
        /// An administrator ended it.
        ByAdministrator = "by_administrator",
        /// The person was suspended.
        Suspended = "suspended",
        /// The person's role changed.
        RoleChanged = "role_changed",
        /// The password changed.
        PasswordChanged = "password_changed",
        /// A second factor changed or was reset.
        FactorChanged = "factor_changed",
    }
);

codes!(
    /// How an administrator made sure who somebody is before a reset.
    IdentityCheck {
        /// Face to face.
        InPerson = "in_person",
        /// Called back at the number on file.
        CalledBack = "called_back",
        /// By video, with a document.
        ByVideo = "by_video",
        /// A second member of staff vouched.
        Vouched = "vouched",
    }
);

codes!(
    /// What changed in a care team.
    CareTeamChange {
        /// Joined by a visit.
        AddedByVisit = "added_by_visit",
        /// Joined by hand.
        Added = "added",
        /// Ended with a date.
        Ended = "ended",
    }
);

codes!(
    /// Why somebody was not even asked.
    SignInRefusal {
        /// Too many wrong passwords or codes.
        TooMany = "too_many",
        /// A step came that was not due.
        OutOfOrder = "out_of_order",
        /// Password and code were right, but the role signs in with a passkey.
        PasskeyNeeded = "passkey_needed",
    }
);

codes!(
    /// The form of an export.
    ExportForm {
        /// One JSON object a line.
        Ndjson = "ndjson",
        /// A FHIR R4 bundle of `AuditEvent`.
        Fhir = "fhir",
    }
);
