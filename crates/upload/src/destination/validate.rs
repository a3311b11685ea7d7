//! Checks of single values: bucket, prefix, addresses.

use super::config_error::ConfigError;
use super::secret::redact_url;
use super::vars;
use std::net::IpAddr;
use url::Url;

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(super) fn check_bucket(bucket: &str, place: &'static str) -> Result<(), ConfigError> {
    let what = if bucket.is_empty() {
        Some("names no bucket")
    } else if bucket.contains([':', '/']) {
        Some("holds an address where a bucket's name should be")
    } else if !(3..=63).contains(&bucket.len()) {
        Some("is not a bucket's name: it must have 3 to 63 characters")
    } else if !bucket
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
    {
        Some("is not a bucket's name: only a-z, 0-9, dots and dashes are allowed")
    } else if !bucket.starts_with(|c: char| c.is_ascii_alphanumeric())
        || !bucket.ends_with(|c: char| c.is_ascii_alphanumeric())
        || bucket.contains("..")
    {
        Some(
            "is not a bucket's name: it must begin and end with a letter or digit, without two dots in a row",
        )
    } else if bucket.parse::<IpAddr>().is_ok() {
        Some("is not a bucket's name: it looks like an address")
    } else {
        None
    };
    match what {
        None => Ok(()),
        Some(what) => Err(ConfigError::new(
            place,
            what,
            "Give the name alone, as the store lists it, such as my-bucket.",
        )),
    }
}

/// Only characters that every store and every shell take as they are.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub(super) fn check_prefix(prefix: &str, place: &'static str) -> Result<String, ConfigError> {
    let prefix = prefix.trim_matches('/');
    let safe = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()=/".contains(c);
    let what = if prefix.len() > 512 {
        "has a folder of more than 512 characters"
    } else if !prefix.chars().all(safe) {
        "has a folder with characters that not every store takes"
    } else if !prefix.is_empty()
        && prefix
            .split('/')
            .any(|part| part.is_empty() || part == "." || part == "..")
    {
        "has a folder with an empty, . or .. part"
    } else {
        return Ok(prefix.to_owned());
    };
    Err(ConfigError::new(
        place,
        what,
        "Use letters, digits and -_.=/ only, such as team/laptops.",
    ))
}

pub(super) fn check_endpoint(text: &str, bucket: &str) -> Result<Url, ConfigError> {
    let hint = "Give the store's address, such as https://s3.example.com or http://127.0.0.1:9000.";
    let bad = |what: String| ConfigError::new(vars::ENDPOINT, what, hint);
    let url = Url::parse(text)
        .map_err(|e| bad(format!("\"{}\" is not a URL ({e})", redact_url(text))))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("{} is not http or https", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::new(
            vars::ENDPOINT,
            "holds a user name or password",
            format!(
                "Put the keys into {} and {} instead.",
                vars::ACCESS_KEY,
                vars::SECRET_KEY
            ),
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("has a part after ? or #".into()));
    }
    let host = url.host_str().unwrap_or_default();
    if host
        .strip_prefix(bucket)
        .is_some_and(|rest| rest.starts_with('.'))
    {
        return Err(ConfigError::new(
            vars::ENDPOINT,
            "names the bucket again",
            format!("Remove \"{bucket}.\" from it; the bucket's name is added by itself."),
        ));
    }
    Ok(url)
}

/// The address of a service that gives out keys. `http` is taken where that service speaks nothing else, and on this
/// computer.
pub(super) fn check_service(
    text: &str,
    place: &'static str,
    http: bool,
) -> Result<Url, ConfigError> {
    let bad = |what: String| {
        ConfigError::new(
            place,
            what,
            "Give an address such as https://sts.example.com.",
        )
    };
    let url = Url::parse(text)
        .map_err(|e| bad(format!("\"{}\" is not a URL ({e})", redact_url(text))))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if http || is_loopback(&url) => Ok(url),
        other => Err(bad(format!("{other} is not https"))),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
