use std::fmt;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hmac::{Hmac, Mac};
use hyper::header::{HeaderMap, HeaderName, HeaderValue, CONTENT_TYPE, HOST};
use hyper::{Method, Uri};
use serde::Serialize;
use sha2::Sha256;

use crate::connection::{Request, Target};
use crate::contacts::Contact;
use crate::AnyError;

const TEXT: (&str, &str) =
    ("Bonjour ", ", vos offres vous attendent : moins trente pour cent jusqu'à dimanche soir, en magasin et en ligne. \
        Présentez ce message en caisse, ou le code AUTOMNE en ligne.");
const SIGNATURE_MARK: &str = "v1,";
const SIGNATURE_LENGTH: usize = SIGNATURE_MARK.len() + 44; // base64 of 32 bytes

#[derive(Serialize)]
struct Body<'contact> {
    to: &'contact str,
    email: &'contact str,
    text: fmt::Arguments<'contact>,
    city: &'contact str,
    score: serde_json::Number,
}

/// Makes the requests.
pub struct Messages {
    keyed: Hmac<Sha256>, // the key's two hash blocks are worked out once and copied
    uri: Uri,
    host: HeaderValue,
    scratch: Vec<u8>,
}

impl Messages {
    pub fn new(secret: &str, target: &Target) -> Result<Self, AnyError> {
        let key = base64::decode(secret.strip_prefix("whsec_").unwrap_or(secret))?;
        Ok(Messages {
            keyed: Hmac::new_from_slice(&key)?,
            uri: target.uri.clone(),
            host: target.host.clone(),
            scratch: Vec::new(),
        })
    }

    pub fn make(&mut self, contact: &Contact) -> Result<Request, AnyError> {
        let (id_end, body_start) = self.write_signed(contact)?;
        let body_end = self.scratch.len();
        self.append_signature();
        // The body and three headers are parts of one piece of memory.
        let message = Bytes::copy_from_slice(&self.scratch);
        let mut request = Request::new(message.slice(body_start..body_end).into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = [
            ("webhook-id", message.slice(..id_end)),
            ("webhook-timestamp", message.slice(id_end + 1..body_start - 1)),
            ("webhook-signature", message.slice(body_end..)),
        ];
        *request.headers_mut() = self.headers(headers)?;
        Ok(request)
    }

    /// Writes ID.TIMESTAMP.BODY, as it is signed. Returns where the id ends and the body starts.
    fn write_signed(&mut self, contact: &Contact) -> Result<(usize, usize), AnyError> {
        self.scratch.clear();
        write!(self.scratch, "msg_{}", contact.number)?;
        let id_end = self.scratch.len();
        write!(self.scratch, ".{}.", SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let body_start = self.scratch.len();
        let score = serde_json::from_str(contact.score)?;
        serde_json::to_writer(
            &mut self.scratch,
            &Body {
                to: contact.phone,
                email: contact.email,
                text: format_args!("{}{}{}", TEXT.0, contact.first_name, TEXT.1),
                city: contact.city,
                score,
            },
        )?;
        Ok((id_end, body_start))
    }

    fn append_signature(&mut self) {
        let mut mac = self.keyed.clone();
        mac.update(&self.scratch);
        let mut text = [0; SIGNATURE_LENGTH];
        text[..SIGNATURE_MARK.len()].copy_from_slice(SIGNATURE_MARK.as_bytes());
        let digest = mac.finalize().into_bytes();
        base64::encode_config_slice(digest, base64::STANDARD, &mut text[SIGNATURE_MARK.len()..]);
        self.scratch.extend_from_slice(&text);
    }

    fn headers(&self, own: [(&'static str, Bytes); 3]) -> Result<HeaderMap, AnyError> {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in own {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_maybe_shared(value)?);
        }
        Ok(headers)
    }
}
