//! From an error chain to a [`SinkError`], by type: never by the text of an error.

use super::refusal::{NoCredentials, StoreRefusal, innermost_cause, is_list};
use crate::error::{SKEW_LIMIT_S, SinkError};
use object_store::client::{HttpError, HttpErrorKind};
use reqwest::{Method, StatusCode};
use std::error::Error;
use std::io;

/// The place of an error, for errors that depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorContext<'a> {
    /// Bucket or directory, as the user knows it.
    pub(crate) place: &'a str,
    /// True for a directory: errors of the operating system are about a disk, not a network.
    pub(crate) disk: bool,
}

/// The first cause of type `T` in the chain.
fn find_cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(this) = cause {
        if let Some(found) = this.downcast_ref::<T>() {
            return Some(found);
        }
        // An `io::Error` made from another error is that error for `source`, so it must be asked for its inside too.
        if let Some(inside) = this
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            && let Some(found) = find_cause::<T>(inside)
        {
            return Some(found);
        }
        cause = this.source();
    }
    None
}

/// The answer of the store, when it refused.
pub(crate) fn find_refusal(error: &object_store::Error) -> Option<&StoreRefusal> {
    find_cause::<StoreRefusal>(error)
}

/// The kind of an error.
pub(crate) fn classify_error(error: &object_store::Error, at: ErrorContext<'_>) -> SinkError {
    if let Some(refusal) = find_refusal(error) {
        return classify_refusal(refusal, at);
    }
    if let Some(keys) = find_cause::<NoCredentials>(error) {
        return classify_no_credentials(keys);
    }
    if let Some(tls) = find_cause::<rustls::Error>(error) {
        return SinkError::Tls {
            what: tls.to_string(),
        };
    }
    if let Some(http) = find_cause::<HttpError>(error) {
        let what = innermost_cause(http).to_string();
        return match http.kind() {
            HttpErrorKind::Timeout => SinkError::Timeout,
            HttpErrorKind::Connect => SinkError::Unreachable { what },
            HttpErrorKind::Decode => SinkError::BadAnswer { what },
            _ => SinkError::Interrupted { what },
        };
    }
    if at.disk
        && let Some(io) = find_cause::<io::Error>(error)
    {
        return classify_disk_error(io, at.place);
    }
    SinkError::Other {
        what: innermost_cause(error).to_string(),
    }
}

/// The service that gives out keys gave none. Its own failure passes; anything else needs a person.
fn classify_no_credentials(keys: &NoCredentials) -> SinkError {
    let status = keys.status.as_u16();
    if keys.status.is_server_error() || status == 429 {
        return SinkError::Server {
            status,
            code: "of the service that gives out keys".into(),
        };
    }
    SinkError::NoCredentials {
        what: keys.to_string(),
    }
}

/// The error that a put makes of an answer with this HTTP status and these bytes, and whether they list a bucket. For tests
/// that feed bytes to the readers of answers; a number that is no status counts as 200.
#[must_use]
pub fn classify_answer(status: u16, body: &[u8]) -> (SinkError, bool) {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let at = ErrorContext {
        place: "a bucket",
        disk: false,
    };
    (
        classify_refusal(&StoreRefusal::from_status(status, body), at),
        is_list(body),
    )
}

/// An error of the operating system on a directory.
pub(crate) fn classify_disk_error(error: &io::Error, place: &str) -> SinkError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SinkError::NoSpace {
            place: place.to_owned(),
        },
        kind => SinkError::Disk {
            place: place.to_owned(),
            kind,
            what: error.to_string(),
        },
    }
}

/// S3 error codes are words of the protocol, given in the answer's document; where there is none (HEAD), the status
/// decides. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn classify_refusal(refusal: &StoreRefusal, at: ErrorContext<'_>) -> SinkError {
    if let Some(odd) = refusal.odd {
        return SinkError::BadAnswer { what: odd.into() };
    }
    let StoreRefusal {
        status,
        code,
        region,
        retry_after,
        ahead_s,
        ..
    } = refusal;
    let number = status.as_u16();
    let named = || {
        if code.is_empty() {
            number.to_string()
        } else {
            code.clone()
        }
    };
    let far = ahead_s.is_some_and(|s| s.abs() >= SKEW_LIMIT_S);
    match code.as_str() {
        "RequestTimeTooSkewed" => return SinkError::SkewedClock { ahead_s: *ahead_s },
        // Some stores find a stale signature wrong before they look at its date.
        _ if number == 403 && far => return SinkError::SkewedClock { ahead_s: *ahead_s },
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidSecurity" | "NotSignedUp" => {
            return SinkError::WrongKey { code: named() };
        }
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => return SinkError::ExpiredToken,
        "NoSuchBucket" | "InvalidBucketName" => return missing_bucket(at),
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => {
            return SinkError::WrongRegion {
                expected: region.clone(),
            };
        }
        "TemporaryRedirect" => {
            return SinkError::Server {
                status: number,
                code: named(),
            };
        }
        "RequestTimeout" => return SinkError::Timeout,
        "SlowDown" | "TooManyRequests" | "RequestLimitExceeded" => {
            return SinkError::Throttled {
                retry_after: *retry_after,
            };
        }
        "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody" => {
            return SinkError::Damaged;
        }
        "ConditionalRequestConflict" | "OperationAborted" => return SinkError::Conflict,
        "QuotaExceeded" | "InsufficientStorage" | "XMinioStorageFull" => {
            return SinkError::NoSpace {
                place: at.place.to_owned(),
            };
        }
        _ => {}
    }
    let doing = match refusal.method {
        Method::PUT => "write",
        Method::DELETE => "delete",
        _ => "read",
    };
    match *status {
        StatusCode::UNAUTHORIZED => SinkError::WrongKey { code: named() },
        StatusCode::FORBIDDEN => SinkError::AccessDenied {
            doing,
            code: named(),
        },
        StatusCode::NOT_FOUND => missing_bucket(at),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => SinkError::Conflict,
        StatusCode::REQUEST_TIMEOUT => SinkError::Timeout,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => SinkError::Throttled {
            retry_after: *retry_after,
        },
        StatusCode::INSUFFICIENT_STORAGE => SinkError::NoSpace {
            place: at.place.to_owned(),
        },
        StatusCode::MOVED_PERMANENTLY | StatusCode::TEMPORARY_REDIRECT => SinkError::WrongRegion {
            expected: region.clone(),
        },
        _ if status.is_server_error() && *status != StatusCode::NOT_IMPLEMENTED => {
            SinkError::Server {
                status: number,
                code: code.clone(),
            }
        }
        _ => SinkError::Refused {
            status: number,
            code: code.clone(),
        },
    }
}

fn missing_bucket(at: ErrorContext<'_>) -> SinkError {
    SinkError::NoBucket {
        bucket: at.place.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const AT: ErrorContext<'_> = ErrorContext {
        place: "lab",
        disk: false,
    };

    fn answer(method: Method, status: u16, code: &str) -> StoreRefusal {
        StoreRefusal {
            method,
            status: StatusCode::from_u16(status).unwrap_or_default(),
            code: code.into(),
            region: None,
            retry_after: None,
            ahead_s: Some(1),
            odd: None,
        }
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let say = |status, code: &str| classify_refusal(&answer(Method::PUT, status, code), AT);
        let wrong_key = |code: &str| SinkError::WrongKey { code: code.into() };
        let denied = |code: &str| SinkError::AccessDenied {
            doing: "write",
            code: code.into(),
        };
        let cases = [
            (403, "InvalidAccessKeyId", wrong_key("InvalidAccessKeyId")),
            (
                403,
                "SignatureDoesNotMatch",
                wrong_key("SignatureDoesNotMatch"),
            ),
            (403, "AccessDenied", denied("AccessDenied")),
            (403, "", denied("403")),
            (401, "", wrong_key("401")),
            (400, "ExpiredToken", SinkError::ExpiredToken),
            (
                404,
                "NoSuchBucket",
                SinkError::NoBucket {
                    bucket: "lab".into(),
                },
            ),
            (
                403,
                "RequestTimeTooSkewed",
                SinkError::SkewedClock { ahead_s: Some(1) },
            ),
            (
                400,
                "AuthorizationHeaderMalformed",
                SinkError::WrongRegion { expected: None },
            ),
            (400, "RequestTimeout", SinkError::Timeout),
            (408, "", SinkError::Timeout),
            (429, "", SinkError::Throttled { retry_after: None }),
            (503, "SlowDown", SinkError::Throttled { retry_after: None }),
            (
                500,
                "InternalError",
                SinkError::Server {
                    status: 500,
                    code: "InternalError".into(),
                },
            ),
            (
                502,
                "",
                SinkError::Server {
                    status: 502,
                    code: String::new(),
                },
            ),
            (409, "ConditionalRequestConflict", SinkError::Conflict),
            (400, "BadDigest", SinkError::Damaged),
            (
                507,
                "",
                SinkError::NoSpace {
                    place: "lab".into(),
                },
            ),
            (
                501,
                "NotImplemented",
                SinkError::Refused {
                    status: 501,
                    code: "NotImplemented".into(),
                },
            ),
            (
                400,
                "EntityTooLarge",
                SinkError::Refused {
                    status: 400,
                    code: "EntityTooLarge".into(),
                },
            ),
        ];
        for (status, code, expected) in cases {
            assert_eq!(say(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn a_refused_read_says_read_and_a_region_and_a_wait_are_kept() {
        let mut refused = answer(Method::HEAD, 403, "");
        assert_eq!(
            classify_refusal(&refused, AT),
            SinkError::AccessDenied {
                doing: "read",
                code: "403".into()
            }
        );
        refused.ahead_s = Some(-3600);
        assert_eq!(
            classify_refusal(&refused, AT),
            SinkError::SkewedClock {
                ahead_s: Some(-3600)
            }
        );
        let mut moved = answer(Method::PUT, 301, "PermanentRedirect");
        moved.region = Some("eu-west-3".into());
        assert_eq!(
            classify_refusal(&moved, AT),
            SinkError::WrongRegion {
                expected: Some("eu-west-3".into())
            }
        );
        let mut slow = answer(Method::PUT, 503, "SlowDown");
        slow.retry_after = Some(Duration::from_secs(7));
        assert_eq!(
            classify_refusal(&slow, AT).retry_after(),
            Some(Duration::from_secs(7))
        );
    }
}
