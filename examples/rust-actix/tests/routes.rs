use actix_web::http::StatusCode;
use actix_web::{App, rt, test};

fn get(path: &str) -> (StatusCode, String) {
    rt::System::new().block_on(async {
        let app = test::init_service(App::new().configure(app::routes)).await;
        let response = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let status = response.status();
        (status, String::from_utf8(test::read_body(response).await.to_vec()).unwrap())
    })
}

#[test]
fn it_is_healthy_and_says_what_it_does() {
    assert_eq!(get("/health").0, StatusCode::OK);
    assert!(get("/").1.starts_with("Which versions fit?"));
}

#[test]
fn versions_that_fit_are_sorted() {
    let (status, body) = get("/matching?requirement=^1.2&versions=1.10.0,2.0.0,1.2.3,1.1.9");
    assert_eq!((status, body.as_str()), (StatusCode::OK, r#"{"matching":["1.2.3","1.10.0"]}"#));
}

#[test]
fn nonsense_is_refused() {
    for query in ["", "requirement=^1", "requirement=newest&versions=1.0.0", "requirement=*&versions=1.0.0,one"] {
        assert_eq!(get(&format!("/matching?{query}")).0, StatusCode::BAD_REQUEST, "{query}");
    }
}
