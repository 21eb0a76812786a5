//! `order doctor`.

use order_core::ports::{Finding, Severity};
use order_http::body::DoctorBody;

use crate::{
    error::{Done, Failure},
    output::{Output, Sheet, Side, counted},
    session::Session,
};

/// Prints what an operator should know of the store.
pub(crate) async fn run(session: &Session) -> Done {
    let reply = session.client.get(&["admin", "doctor"]).send().await?;
    let findings = reply.read::<DoctorBody>()?.findings;
    if session.output.is_json() {
        session.output.data(reply.raw()?)?;
    } else {
        findings_table(&findings, session.output)?;
    }
    match findings.iter().filter(|finding| finding.severity == Severity::Error).count() {
        0 => {
            session.output.say("nothing is wrong");
            Ok(())
        }
        wrong => {
            let wrong = counted(wrong as u64, "finding");
            Err(Failure::Unsound(format!("{wrong} to take care of now")))
        }
    }
}

/// Prints findings, if there are any.
pub(super) fn findings_table(findings: &[Finding], output: Output) -> Done {
    if findings.is_empty() {
        return Ok(());
    }
    let columns = ["severity", "code", "about", "what"].map(|name| (name, Side::Left));
    let mut sheet = Sheet::new(output, &columns);
    for finding in findings {
        let severity = match finding.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        sheet.row([severity, &finding.code, &finding.subject, &finding.detail]);
    }
    sheet.print(output)
}
