//! Inviting many at once, from a table. First a preview that names each bad line, then all or nobody: half a table invited
//! would leave nobody sure who has a link.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::Administrator;
use curtain_domain::{AccountId, EmailAddress, PersonName, Role};
use curtain_storage::{AccountState, AdminScope, Member};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::csv::{self, Record};
use super::grant::RoleGrant;
use super::people::{HandedLink, Invitee, invite_one};
use crate::extract::{Json, SignedIn};
use crate::{ApiError, House, Problem};

/// Rows of people in one table. More would hold the transaction, and the mail server, for minutes.
const MOST_ROWS: usize = 500;
/// The columns, in any order, under these names.
const COLUMNS: [&str; 3] = ["name", "email", "role"];
/// One more that may be there: the address of the clinician who sees the patient.
const CLINICIAN: &str = "clinician";

/// A table of people.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportPeople {
    /// The file's text: a line with `name,email,role` and perhaps `clinician`, then one line for each person. At most 500.
    csv: String,
}

/// One line of the table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportLine {
    /// As an editor counts.
    line: usize,
    /// As it stands there.
    name: String,
    /// As it stands there.
    email: String,
    /// As it stands there.
    role: String,
    /// As it stands there; empty where the file has no such column.
    clinician: String,
    /// Null when the line is good; else `quotes`, `columns`, `name`, `email`, `role`, `twice_in_file`, `has_account`,
    /// `clinician` (nobody here has that address, or is no clinician) or `no_patient` (only patients have one).
    problem: Option<&'static str>,
}

/// What an import would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportPreview {
    /// Every line with a person on it.
    lines: Vec<ImportLine>,
    /// How many of them can't be invited. None may be left.
    bad: usize,
}

/// Somebody who was invited, and their link.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportedPerson {
    /// What others will call them.
    name: String,
    /// What they will sign in with.
    email: String,
    /// Shown once.
    #[serde(flatten)]
    link: HandedLink,
}

/// Who was invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    /// In the order of the table.
    people: Vec<ImportedPerson>,
}

/// A line and, if it is good, the person on it.
struct Judged {
    line: ImportLine,
    person: Option<Read>,
}

/// Somebody on a line.
struct Read {
    name: PersonName,
    email: EmailAddress,
    role: Role,
    clinician: Option<AccountId>,
}

/// Where the columns stand.
struct Columns {
    required: [usize; 3],
    clinician: Option<usize>,
}

/// What the lines are judged against.
struct Here<'a> {
    addresses: BTreeSet<&'a str>,
    clinicians: BTreeMap<&'a str, AccountId>,
}

impl<'a> Here<'a> {
    fn of(members: &'a [Member]) -> Self {
        let clinicians = members
            .iter()
            .filter(|one| one.role == Role::Clinician && one.state != AccountState::Suspended)
            .map(|one| (one.email.as_str(), one.account));
        Self {
            addresses: members.iter().map(|member| member.email.as_str()).collect(),
            clinicians: clinicians.collect(),
        }
    }
}

/// Says what each line would do. Invites nobody.
#[utoipa::path(post, path = "/api/v1/people/import/preview", tag = "administration", request_body = ImportPeople,
    responses(
        (status = 200, body = ImportPreview),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 422, body = Problem, description = "unprocessable: no table of people, or too long")))]
pub(crate) async fn preview(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    Json(form): Json<ImportPeople>,
) -> Result<Json<ImportPreview>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    let judged = judge(&house, &mut scope, &form.csv).await?;
    let bad = judged.iter().filter(|one| one.person.is_none()).count();
    Ok(Json(ImportPreview { lines: judged.into_iter().map(|one| one.line).collect(), bad }))
}

/// Invites everybody in the table, or nobody.
#[utoipa::path(post, path = "/api/v1/people/import", tag = "administration", request_body = ImportPeople, responses(
    (status = 201, body = Imported),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed, for staff"),
    (status = 409, body = Problem, description = "email_taken in the meantime"),
    (status = 422, body = Problem, description = "unprocessable: a line is bad; nobody was invited")))]
pub(crate) async fn import(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    Json(form): Json<ImportPeople>,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    let mut scope = house.store.admin(&administrator).begin().await?;
    let mut people = Vec::new();
    for Judged { line, person } in judge(&house, &mut scope, &form.csv).await? {
        let Some(person) = person else {
            let why = format!("Line {} can't be invited. Nobody was.", line.line);
            return Err(ApiError::Unprocessable(why));
        };
        let invitee = Invitee {
            name: person.name,
            email: person.email,
            role: RoleGrant::by(&administrator, person.role, now)?,
            clinicians: person.clinician.into_iter().collect(),
        };
        let link = invite_one(&house, &mut scope, &administrator, invitee, now).await?;
        people.push(ImportedPerson { name: line.name, email: line.email, link });
    }
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), people = people.len(), "people were invited from a table");
    Ok((StatusCode::CREATED, Json(Imported { people })).into_response())
}

/// Every line, judged on its own, against the lines before it and against the practice.
async fn judge(house: &House, scope: &mut AdminScope, text: &str) -> Result<Vec<Judged>, ApiError> {
    let refused = |why: &str| ApiError::Unprocessable(why.to_owned());
    let mut records = csv::records(text).into_iter();
    let header = records.next().ok_or_else(|| refused("The file is empty."))?;
    let places = columns(&header).ok_or_else(|| {
        refused(
            "The first line must name the columns name, email and role, perhaps clinician, and no others.",
        )
    })?;
    let records: Vec<Record> = records.collect();
    if records.is_empty() {
        return Err(refused("There is nobody in the file."));
    }
    if records.len() > MOST_ROWS {
        return Err(ApiError::Unprocessable(format!("The file has more than {MOST_ROWS} people.")));
    }
    let members = scope.members(house.clock.now()).await?;
    let (here, mut seen) = (Here::of(&members), BTreeSet::new());
    Ok(records.iter().map(|record| judge_line(record, &places, &here, &mut seen)).collect())
}

/// Where name, email and role stand, and the clinician if there is such a column.
fn columns(header: &Record) -> Option<Columns> {
    let names: Vec<String> = header.fields.iter().map(|field| field.to_lowercase()).collect();
    let place = |column: &str| names.iter().position(|name| name == column);
    let [name, email, role] = COLUMNS.map(place);
    let found = Columns { required: [name?, email?, role?], clinician: place(CLINICIAN) };
    (names.len() == found.count() && !header.misquoted).then_some(found)
}

impl Columns {
    const fn count(&self) -> usize {
        COLUMNS.len() + self.clinician.is_some() as usize
    }
}

fn judge_line(record: &Record, places: &Columns, here: &Here<'_>, seen: &mut BTreeSet<String>) -> Judged {
    let field = |at: usize| record.fields.get(at).cloned().unwrap_or_default();
    let ([name, email, role], clinician) =
        (places.required.map(field), places.clinician.map(field).unwrap_or_default());
    let mut line = ImportLine { line: record.line, name, email, role, clinician, problem: None };
    let person = read_person(record, places, &line, here).and_then(|person| {
        let address = person.email.as_str();
        if here.addresses.contains(address) {
            return Err("has_account");
        }
        if seen.insert(address.to_owned()) { Ok(person) } else { Err("twice_in_file") }
    });
    match person {
        Ok(person) => Judged { line, person: Some(person) },
        Err(problem) => {
            line.problem = Some(problem);
            Judged { line, person: None }
        }
    }
}

fn read_person(
    record: &Record,
    places: &Columns,
    line: &ImportLine,
    here: &Here<'_>,
) -> Result<Read, &'static str> {
    if record.misquoted {
        return Err("quotes");
    }
    if record.fields.len() != places.count() {
        return Err("columns");
    }
    let name = PersonName::parse(&line.name).map_err(|_| "name")?;
    let email = EmailAddress::parse(&line.email).map_err(|_| "email")?;
    let role = line.role.to_lowercase().parse().map_err(|_| "role")?;
    let clinician = match line.clinician.as_str() {
        "" => None,
        _ if role != Role::Patient => return Err("no_patient"),
        address => {
            let address = EmailAddress::parse(address).map_err(|_| "clinician")?;
            Some(*here.clinicians.get(address.as_str()).ok_or("clinician")?)
        }
    };
    Ok(Read { name, email, role, clinician })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(usize, Option<&'static str>)> {
        let mut records = csv::records(text).into_iter();
        let places = columns(&records.next().expect("a header")).expect("the columns");
        let lee = AccountId::from_uuid(uuid::Uuid::from_u128(1));
        let here = Here {
            addresses: BTreeSet::from(["here@x.example", "lee@x.example"]),
            clinicians: BTreeMap::from([("lee@x.example", lee)]),
        };
        let mut seen = BTreeSet::new();
        records
            .map(|record| judge_line(&record, &places, &here, &mut seen).line)
            .map(|line| (line.line, line.problem))
            .collect()
    }

    #[test]
    fn each_bad_line_is_named_with_its_reason() {
        let text = "email,Role,NAME\n\
                    ana@x.example,patient,\"Ruiz, Ana\"\n\
                    here@x.example,patient,Ben\n\
                    ANA@x.example,patient,Ana again\n\
                    cleo@x.example,doctor,Cleo\n\
                    nowhere,patient,Dan\n\
                    e@x.example,Auditor,\n\
                    f@x.example,patient,Fay,extra\n\
                    g@x.example,pat\"ient,Gus\n";
        assert_eq!(
            problems(text),
            [
                (2, None),
                (3, Some("has_account")),
                (4, Some("twice_in_file")),
                (5, Some("role")),
                (6, Some("email")),
                (7, Some("name")),
                (8, Some("columns")),
                (9, Some("quotes")),
            ]
        );
    }

    #[test]
    fn a_clinician_must_be_one_and_is_for_patients() {
        let text = "name,clinician,email,role\n\
                    Ana,LEE@x.example,ana@x.example,patient\n\
                    Ben,,ben@x.example,patient\n\
                    Cleo,here@x.example,cleo@x.example,patient\n\
                    Dan,nobody,dan@x.example,patient\n\
                    Eva,lee@x.example,eva@x.example,auditor\n\
                    Fay,f@x.example,patient\n";
        assert_eq!(
            problems(text),
            [
                (2, None),
                (3, None),
                (4, Some("clinician")),
                (5, Some("clinician")),
                (6, Some("no_patient")),
                (7, Some("columns")),
            ]
        );
    }

    #[test]
    fn a_table_without_its_three_columns_is_none() {
        for header in [
            "name,email",
            "name,email,role,note",
            "Ana,ana@x,patient",
            "name,name,email",
            "name,email,clinician",
            "name,email,role,clinician,clinician",
        ] {
            assert!(columns(&csv::records(header)[0]).is_none(), "{header}");
        }
    }
}
