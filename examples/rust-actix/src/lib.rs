//! Which of some versions fit a requirement?
//!
//! `GET /matching?requirement=^1.2&versions=1.1.0,1.2.3,2.0.0` answers `{"matching":["1.2.3"]}`.

use actix_web::{HttpResponse, Responder, error, web};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Question {
    requirement: String,
    /// Separated by commas.
    versions: String,
}

#[derive(Serialize)]
struct Answer {
    matching: Vec<Version>,
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(index))
        .route("/health", web::get().to(HttpResponse::Ok))
        .route("/matching", web::get().to(matching));
}

async fn index() -> impl Responder {
    "Which versions fit? Ask /matching?requirement=^1.2&versions=1.1.0,1.2.3,2.0.0\n"
}

async fn matching(question: web::Query<Question>) -> actix_web::Result<impl Responder> {
    let mut matching = fitting(&question.requirement, &question.versions).map_err(error::ErrorBadRequest)?;
    matching.sort();
    Ok(web::Json(Answer { matching }))
}

fn fitting(requirement: &str, versions: &str) -> Result<Vec<Version>, semver::Error> {
    let requirement = VersionReq::parse(requirement)?;
    let versions = versions.split(',').map(|version| Version::parse(version.trim()));
    versions.filter(|version| !matches!(version, Ok(version) if !requirement.matches(version))).collect()
}
