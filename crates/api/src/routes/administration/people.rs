//! Who has an account, in which state, with which second factor; and inviting somebody (AU12, AU13).
//!
//! A link is answered once, to whoever asked for it, so that it can be handed over when mail does not work. The database
//! keeps its hash, and the letter that carries it is sealed.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::{ActivationToken, Administrator, PracticePolicy, Principal};
use curtain_domain::{AccountId, EmailAddress, PersonName, Role, SessionId, Timestamp};
use curtain_storage::{
    AccessReset, AccountState, AdminScope, AuditEvent, LinkKind, MailKind, Member, NewLink, NewMail,
    NewMember, StorageError,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::care_team;
use super::grant::RoleGrant;
use crate::extract::{Json, PathId, SignedIn};
use crate::mail::{self, MailWay};
use crate::{ApiError, House, Problem};

/// Somebody with an account, as administrators see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberOfPractice {
    /// The account's id.
    person: Uuid,
    /// What others call them.
    name: String,
    /// What they sign in with.
    email: String,
    /// What they are in the practice.
    #[schema(value_type = String, example = "clinician")]
    role: Role,
    /// `invited`, `factor_pending` (the second factor was reset), `access_pending` (the password too), `active` or
    /// `suspended`.
    state: &'static str,
    /// `authenticator`, or null while there is none.
    second_factor: Option<&'static str>,
    /// Since when they have it.
    #[serde(with = "time::serde::rfc3339::option")]
    second_factor_since: Option<OffsetDateTime>,
    /// How many passkeys they have.
    passkeys: u32,
    /// How many recovery codes they have left.
    recovery_codes_left: u32,
    /// What they are still to set up; null when nothing is, or when they are suspended.
    pending: Option<PendingFactor>,
    /// Until when their link works; null when they need none or have none.
    #[serde(with = "time::serde::rfc3339::option")]
    link_expires_at: Option<OffsetDateTime>,
    /// How many sessions are open.
    open_sessions: u32,
    /// Of a patient: how many clinicians can see them; null for everybody else.
    clinicians: Option<u32>,
    /// A reset of password and second factor that waits for another administrator; null when none does.
    access_reset: Option<WaitingReset>,
}

/// A reset that waits for approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingReset {
    /// Who asked for it; somebody else approves.
    requested_by: Uuid,
    /// What they are called.
    requested_by_name: String,
    /// How they recognised the person: `in_person`, `called_back`, `by_video` or `vouched`.
    identity_check: &'static str,
    /// Until when it can be approved.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl From<&AccessReset> for WaitingReset {
    fn from(waiting: &AccessReset) -> Self {
        Self {
            requested_by: waiting.requested_by.as_uuid(),
            requested_by_name: waiting.requested_by_name.as_str().to_owned(),
            identity_check: waiting.identity_check.as_str(),
            expires_at: waiting.expires_at.to_date_time(),
        }
    }
}

/// What somebody is still to set up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PendingFactor {
    /// `second_factor`, whichever they choose, or `passkey`.
    needs: &'static str,
    /// Since when they are asked to.
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    /// Until when they can: the end of their link, or of their days of grace, which may have passed. Null when they need
    /// another link.
    #[serde(with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
}

/// Everybody with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MembersOfPractice {
    /// Sorted by name.
    people: Vec<MemberOfPractice>,
    /// How letters leave: `smtp`, `off`, `outbox`, or `stuck` when the mail server does not take them.
    mail: &'static str,
}

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitePerson {
    /// What others will call them.
    name: String,
    /// What they will sign in with, and where the letter goes.
    email: String,
    /// What they will be in the practice.
    #[schema(value_type = String, example = "patient")]
    role: Role,
    /// Of a patient: the clinicians who may see them from the first day. At most 20.
    #[serde(default)]
    clinicians: Vec<Uuid>,
}

/// More than a care team has; a list that goes on is a mistake.
const MOST_CLINICIANS: usize = 20;

/// Somebody who can be invited now.
pub(crate) struct Invitee {
    pub(crate) name: PersonName,
    pub(crate) email: EmailAddress,
    pub(crate) role: RoleGrant,
    pub(crate) clinicians: Vec<AccountId>,
}

/// A link that was made. Shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandedLink {
    /// Whose it is.
    person: Uuid,
    /// For the person alone. The secret stands in the fragment, which browsers keep to themselves.
    link: String,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// A secret link and what the database keeps of it.
pub(crate) struct FreshLink {
    pub(crate) url: String,
    pub(crate) stored: NewLink,
}

impl FreshLink {
    pub(crate) fn new(house: &House, now: Timestamp) -> Self {
        let token = ActivationToken::new(house.entropy.as_ref());
        let url = format!("{}/activate#{}", house.settings.public_origin, *token.to_text());
        let id = SessionId::new(now, house.entropy.as_ref());
        Self { url, stored: NewLink { id, hash: token.hash() } }
    }

    /// The letter that brings it.
    pub(crate) fn letter(
        &self,
        house: &House,
        kind: LinkKind,
        practice: &str,
        (name, email): (&PersonName, &EmailAddress),
        now: Timestamp,
    ) -> Result<NewMail, ApiError> {
        let (kind, letter) = match kind {
            LinkKind::Invitation => (MailKind::Invitation, mail::invitation(practice, name, &self.url)),
            LinkKind::NewFactor => (MailKind::NewFactor, mail::new_factor(practice, name, &self.url)),
            LinkKind::NewCredentials => {
                (MailKind::NewCredentials, mail::new_credentials(practice, name, &self.url))
            }
        };
        mail::seal(house, kind, email, letter, now)
    }

    pub(crate) fn handed_to(self, person: AccountId, now: Timestamp) -> HandedLink {
        let expires_at = (now + curtain_storage::LINK_LIFETIME).to_date_time();
        HandedLink { person: person.as_uuid(), link: self.url, expires_at }
    }
}

impl PendingFactor {
    /// What a member is still to set up, under the policy that holds.
    fn of(member: &Member, policy: &PracticePolicy, link: Option<Timestamp>) -> Option<Self> {
        let (needs, since, until) = match (member.state, member.in_role_since) {
            (AccountState::Invited, _) => ("second_factor", member.asked_since, link),
            (AccountState::Active, Some(in_role_since)) if member.passkeys == 0 => {
                let rule = policy.roles.of(member.role).rule;
                ("passkey", rule.asked_since(in_role_since)?, rule.deadline(in_role_since))
            }
            _ => return None,
        };
        Some(Self { needs, since: since.to_date_time(), until: until.map(Timestamp::to_date_time) })
    }
}

impl MemberOfPractice {
    fn of(member: &Member, policy: &PracticePolicy, now: Timestamp) -> Self {
        let state = match member.state {
            AccountState::Invited if member.access_was_reset => "access_pending",
            AccountState::Invited if member.factor_was_reset => "factor_pending",
            AccountState::Invited => "invited",
            AccountState::Active => "active",
            AccountState::Suspended => "suspended",
        };
        let live_link =
            member.link_expires_at.filter(|at| *at > now && member.state == AccountState::Invited);
        Self {
            person: member.account.as_uuid(),
            name: member.name.as_str().to_owned(),
            email: member.email.as_str().to_owned(),
            role: member.role,
            state,
            second_factor: member.authenticator_since.map(|_| "authenticator"),
            second_factor_since: member.authenticator_since.map(Timestamp::to_date_time),
            passkeys: member.passkeys,
            recovery_codes_left: member.recovery_codes_left,
            pending: PendingFactor::of(member, policy, live_link),
            link_expires_at: live_link.map(Timestamp::to_date_time),
            open_sessions: member.open_sessions,
            clinicians: (member.role == Role::Patient).then_some(member.clinicians),
            access_reset: member.access_reset.as_ref().map(WaitingReset::from),
        }
    }
}

/// A member after a change, or the answer that there is none.
pub(crate) async fn shown(
    scope: &mut AdminScope,
    account: AccountId,
    now: Timestamp,
) -> Result<MemberOfPractice, ApiError> {
    let member = scope.member(account, now).await?.ok_or(ApiError::NotFound)?;
    Ok(MemberOfPractice::of(&member, &scope.policy().await?.policy, now))
}

/// Lists everybody with an account.
#[utoipa::path(get, path = "/api/v1/people", tag = "administration", responses(
    (status = 200, body = MembersOfPractice),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only")))]
pub(crate) async fn list_people(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
) -> Result<Json<MembersOfPractice>, ApiError> {
    let now = house.clock.now();
    let mut scope = house.store.admin(&administrator).begin().await?;
    let (members, policy) = (scope.members(now).await?, scope.policy().await?.policy);
    let people = members.iter().map(|member| MemberOfPractice::of(member, &policy, now)).collect();
    let mail = match house.settings.mail {
        MailWay::Smtp if scope.mail_is_stuck(now).await? => "stuck",
        MailWay::Smtp => "smtp",
        MailWay::Off => "off",
        MailWay::Outbox => "outbox",
    };
    Ok(Json(MembersOfPractice { people, mail }))
}

/// Invites somebody: makes the account, sends the letter with the link, and answers the link.
#[utoipa::path(post, path = "/api/v1/people", tag = "administration", request_body = InvitePerson, responses(
    (status = 201, body = HandedLink),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed, for staff"),
    (status = 409, body = Problem, description = "email_taken"),
    (status = 422, body = Problem, description = "unprocessable: the name, the address or a clinician can't be used")))]
pub(crate) async fn invite(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    Json(form): Json<InvitePerson>,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    let name = PersonName::parse(&form.name)
        .map_err(|why| ApiError::Unprocessable(format!("The field name {why}.")))?;
    let email = EmailAddress::parse(&form.email)
        .map_err(|why| ApiError::Unprocessable(format!("The field email {why}.")))?;
    let clinicians: Vec<_> = form.clinicians.into_iter().map(AccountId::from_uuid).collect();
    if clinicians.len() > MOST_CLINICIANS || (form.role != Role::Patient && !clinicians.is_empty()) {
        return Err(ApiError::Unprocessable(
            "The field clinicians is for patients, and names 20 at most.".to_owned(),
        ));
    }
    let role = RoleGrant::by(&administrator, form.role, now)?;
    let mut scope = house.store.admin(&administrator).begin().await?;
    let person = Invitee { name, email, role, clinicians };
    let invited = invite_one(&house, &mut scope, &administrator, person, now).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), account = %invited.person, "somebody was invited");
    Ok((StatusCode::CREATED, Json(invited)).into_response())
}

/// The account, its link, its letter and its care team, in the scope's own transaction.
pub(crate) async fn invite_one(
    house: &House,
    scope: &mut AdminScope,
    by: &Principal<Administrator>,
    person: Invitee,
    now: Timestamp,
) -> Result<HandedLink, ApiError> {
    let Invitee { name, email, role, clinicians } = person;
    let role = role.role();
    let account = AccountId::new(now, house.entropy.as_ref());
    let link = FreshLink::new(house, now);
    let practice = by.identity().practice_name();
    let letter = link.letter(house, LinkKind::Invitation, practice, (&name, &email), now)?;
    let member = NewMember { account, name, email, role, link: link.stored };
    scope.invite(&member, now).await.map_err(|error| match error {
        StorageError::Constraint(name) if name == "account_email_key" => {
            ApiError::Conflict("email_taken", "Somebody has an account with this address already.")
        }
        error => error.into(),
    })?;
    scope.post().queue(&letter, now).await?;
    scope.record(&AuditEvent::PersonInvited { person: account, role }, now).await?;
    for clinician in clinicians {
        care_team::put_in(scope, account, clinician, now).await?;
    }
    Ok(link.handed_to(account, now))
}

/// Sends another link to somebody who is invited. The one before stops working.
#[utoipa::path(post, path = "/api/v1/people/{id}/link", tag = "administration", params(("id" = Uuid, Path)), responses(
    (status = 200, body = HandedLink),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed, for staff"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "not_invited")))]
pub(crate) async fn renew_link(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<HandedLink>, ApiError> {
    let now = house.clock.now();
    let mut scope = house.store.admin(&administrator).begin().await?;
    let member = scope.member(id, now).await?.ok_or(ApiError::NotFound)?;
    let role = RoleGrant::by(&administrator, member.role, now)?.role();
    let link = FreshLink::new(&house, now);
    let practice = administrator.identity().practice_name();
    let Some(kind) = scope.renew_link(id, link.stored, now).await? else {
        return Err(ApiError::Conflict("not_invited", "Only somebody who is invited needs a link."));
    };
    let letter = link.letter(&house, kind, practice, (&member.name, &member.email), now)?;
    scope.post().queue(&letter, now).await?;
    scope.record(&AuditEvent::PersonInvited { person: id, role }, now).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), account = %id, "a link was made anew");
    Ok(Json(link.handed_to(id, now)))
}
