//! Proxies and certificates, for real.

use crate::kit::{Lab, TIMEOUTS};
use crate::servers::proxy;
use lab::s3::{AUTHORITY, S3Server, S3ServerOptions};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use upload::{ConfigError, Destination, NewObject, PutOutcome, Sink, SinkError, open_sink};

fn secure_lab() -> Lab {
    let dir = tempfile::tempdir().unwrap();
    let options = S3ServerOptions {
        tls: true,
        ..S3ServerOptions::new(dir.path())
    };
    let server = S3Server::start(options).unwrap();
    Lab { server, dir }
}

fn choose(lab: &Lab, more: &[(&str, &str)]) -> Result<Destination, ConfigError> {
    let mut vars: BTreeMap<&str, String> = lab.server.env().into_iter().collect();
    vars.extend(
        more.iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    Destination::resolve(None, &|name| vars.get(name).cloned(), Path::new("/none"))
}

fn put(destination: &Destination) -> Result<PutOutcome, SinkError> {
    let sink = open_sink(destination, TIMEOUTS).unwrap();
    sink.put_new(&NewObject::new("a", vec![7_u8; 100_000]))
}

/// The authority's certificate in a file.
fn bundle(lab: &Lab) -> String {
    let file = lab.dir.path().join("ca.pem");
    fs::write(&file, AUTHORITY).unwrap();
    file.display().to_string()
}

#[test]
fn a_proxy_with_a_password_is_used_and_its_password_never_shown() {
    let lab = Lab::new();
    let (address, heard) = proxy(lab.server.address());
    // A name that only the proxy knows.
    let endpoint = ("AWS_ENDPOINT_URL", "http://bucket.test:9000");
    let through = format!("http://me:pa55@{address}");
    let destination = choose(&lab, &[endpoint, ("HTTP_PROXY", &through)]).unwrap();
    assert_eq!(put(&destination), Ok(PutOutcome::Stored));
    assert_eq!(lab.server.objects().unwrap()["a"].len(), 100_000);
    let asked = heard.all().concat();
    // The rest goes through the same connection.
    assert!(
        asked.contains("GET http://bucket.test:9000/lab?"),
        "{asked}"
    );
    // me:pa55
    assert!(
        asked
            .to_ascii_lowercase()
            .contains("proxy-authorization: basic bwu6cge1nq=="),
        "{asked}"
    );
    let store = open_sink(&destination, TIMEOUTS).unwrap();
    let shown = format!("{destination:?} {:?} {store:?}", destination.remarks());
    assert!(!shown.contains("pa55"), "{shown}");
    assert!(
        destination
            .remarks()
            .contains(&format!("Uploads go through the proxy http://{address}.")),
        "{shown}"
    );
}

#[test]
fn a_proxy_is_not_used_where_it_is_not_meant() {
    let lab = Lab::new();
    let (address, heard) = proxy(lab.server.address());
    let through = format!("{address}");
    let endpoint = ("AWS_ENDPOINT_URL", "http://bucket.test:9000");
    let not_for = choose(
        &lab,
        &[endpoint, ("http_proxy", &through), ("NO_PROXY", ".test")],
    );
    let error = put(&not_for.unwrap()).unwrap_err();
    assert!(matches!(error, SinkError::Unreachable { .. }), "{error:?}");
    // The proxy for the other scheme.
    let other = choose(&lab, &[endpoint, ("HTTPS_PROXY", &through)]).unwrap();
    assert!(put(&other).is_err());
    // A store on this computer.
    let here = choose(&lab, &[("HTTP_PROXY", &through), ("ALL_PROXY", &through)]).unwrap();
    assert_eq!(put(&here), Ok(PutOutcome::Stored));
    assert!(heard.all().is_empty());
}

#[test]
fn bad_proxies_and_bundles_are_told_before_anything_is_sent() {
    let lab = Lab::new();
    let endpoint = ("AWS_ENDPOINT_URL", "https://bucket.test");
    let told = |more: (&str, &str)| choose(&lab, &[endpoint, more]).unwrap_err().to_string();
    assert_eq!(
        told(("https_proxy", "socks5://me:pa55@x")),
        "https_proxy: socks5 is not http or https. Give the proxy's address, such as http://proxy.example.com:3128."
    );
    assert!(!told(("ALL_PROXY", "http://me:pa55@:x")).contains("pa55"));
    assert!(told(("AWS_CA_BUNDLE", "/no/such/file")).contains("/no/such/file cannot be read"));
    let file = lab.dir.path().join("not.pem");
    fs::write(&file, "hello").unwrap();
    let told = told(("SSL_CERT_FILE", &file.display().to_string()));
    assert!(
        told.starts_with("SSL_CERT_FILE: ") && told.contains("holds no certificates"),
        "{told}"
    );
}

#[test]
fn a_certificate_of_ones_own_authority() {
    let lab = secure_lab();
    let error = put(&choose(&lab, &[]).unwrap()).unwrap_err();
    assert!(matches!(error, SinkError::Tls { .. }), "{error:?}");
    assert!(error.is_permanent());
    let bundle = bundle(&lab);
    for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let put = put(&choose(&lab, &[(name, &bundle)]).unwrap());
        assert!(put.is_ok(), "{put:?}");
    }
}

#[test]
fn tls_through_a_proxy() {
    let lab = secure_lab();
    let (address, heard) = proxy(lab.server.address());
    let bundle = bundle(&lab);
    let vars = [
        ("AWS_ENDPOINT_URL", "https://bucket.test"),
        ("HTTPS_PROXY", &format!("http://{address}")),
        ("AWS_CA_BUNDLE", &bundle),
    ];
    assert_eq!(put(&choose(&lab, &vars).unwrap()), Ok(PutOutcome::Stored));
    let asked = heard.all().concat();
    assert!(asked.starts_with("CONNECT bucket.test:443 "), "{asked}");
    assert!(!asked.contains("PUT"), "the proxy sees no request: {asked}");
}

#[test]
fn a_pace_changes_no_byte() {
    let lab = Lab::new();
    let destination = choose(&lab, &[]).unwrap().with_rate_limit(1_000_000);
    assert_eq!(put(&destination), Ok(PutOutcome::Stored));
    assert_eq!(lab.server.objects().unwrap()["a"], vec![7_u8; 100_000]);
    // A refusal is understood as without one.
    let wrong = choose(&lab, &[("AWS_SECRET_ACCESS_KEY", "bad-secret")]).unwrap();
    let error = put(&wrong.with_rate_limit(1_000_000)).unwrap_err();
    assert!(matches!(error, SinkError::WrongKey { .. }), "{error:?}");
}
