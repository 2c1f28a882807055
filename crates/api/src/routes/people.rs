//! Whom a clinician can choose from: the patients in their care, and their colleagues.

use axum::extract::State;
use curtain_auth::Clinician;
use curtain_domain::{AccountId, PersonName};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, SignedIn};
use crate::{ApiError, House, Problem};

/// Somebody with an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// The account's id.
    person: Uuid,
    /// What others call them.
    name: String,
}

impl Person {
    /// Somebody as others see them.
    pub(crate) fn new(account: AccountId, name: &PersonName) -> Self {
        Self { person: account.as_uuid(), name: name.as_str().to_owned() }
    }
}

/// Several people, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    /// Sorted by name.
    people: Vec<Person>,
}

impl From<Vec<curtain_storage::Person>> for People {
    fn from(people: Vec<curtain_storage::Person>) -> Self {
        Self { people: people.iter().map(|one| Person::new(one.account, &one.name)).collect() }
    }
}

/// Lists the patients in the clinician's care.
#[utoipa::path(get, path = "/api/v1/patients", tag = "people", responses(
    (status = 200, body = People),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: clinicians only")))]
pub(crate) async fn patients(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
) -> Result<Json<People>, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    let people = scope.patients().await?;
    scope.commit().await?;
    Ok(Json(People::from(people)))
}

/// Lists the clinician's colleagues: the other clinicians.
#[utoipa::path(get, path = "/api/v1/colleagues", tag = "people", responses(
    (status = 200, body = People),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: clinicians only")))]
pub(crate) async fn colleagues(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
) -> Result<Json<People>, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    let people = scope.colleagues().await?;
    scope.commit().await?;
    Ok(Json(People::from(people)))
}
