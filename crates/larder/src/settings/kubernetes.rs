//! Variables that Kubernetes sets in every pod beside a service of our name.
//!
//! For a service `larder-web` each container of its name space is given `LARDER_WEB_SERVICE_HOST`,
//! `LARDER_WEB_SERVICE_PORT`, `LARDER_WEB_PORT` and, for each of its ports, `LARDER_WEB_PORT_80_TCP`
//! and the like (Kubernetes, "Accessing the Service", environment variables). They are nobody's
//! typing error, and nothing in the deployment names them. Without its `…_SERVICE_HOST` such a name
//! is a variable like any other.

use super::env::Environment;

const HOST: &str = "_SERVICE_HOST";

/// Whether a service of this environment explains the variable.
pub fn is_of_a_service(name: &str, environment: &Environment) -> bool {
    environment.with_prefix("LARDER_").any(|(other, _)| {
        let service = other.strip_suffix(HOST);
        let rest = service.and_then(|service| name.strip_prefix(service));
        rest.is_some_and(is_of_service)
    })
}

/// Whether this is how such a variable goes on behind the service's name.
fn is_of_service(rest: &str) -> bool {
    let parts: Vec<&str> = rest.split('_').collect();
    match parts.as_slice() {
        ["", "SERVICE", "HOST"] | ["", "SERVICE", "PORT", ..] | ["", "PORT"] => true,
        ["", "PORT", number, protocol, of_port @ ..] => {
            number.parse::<u16>().is_ok()
                && matches!(*protocol, "TCP" | "UDP" | "SCTP")
                && matches!(of_port, [] | ["PROTO" | "PORT" | "ADDR"])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, name: &str, explained: bool) {
        let environment = Environment::from_pairs([(host, "10.0.0.11"), (name, "x")]);
        assert_eq!(is_of_a_service(name, &environment), explained, "{host} {name}");
    }

    #[test]
    fn the_variables_of_a_service_are_known() {
        let host = "LARDER_SERVICE_HOST";
        check(host, host, true);
        check(host, "LARDER_SERVICE_PORT", true);
        check(host, "LARDER_SERVICE_PORT_HTTP", true);
        check(host, "LARDER_PORT", true);
        check(host, "LARDER_PORT_7171_TCP", true);
        check(host, "LARDER_PORT_7171_TCP_PROTO", true);
        check(host, "LARDER_PORT_7171_TCP_PORT", true);
        check(host, "LARDER_PORT_7171_TCP_ADDR", true);
        check("LARDER_WEB_SERVICE_HOST", "LARDER_WEB_PORT", true);
        check("LARDER_WEB_SERVICE_HOST", "LARDER_WEB_PORT_80_TCP", true);
    }

    #[test]
    fn nothing_else_is_passed_over() {
        let host = "LARDER_SERVICE_HOST";
        check(host, "LARDER_LISTNE", false);
        check(host, "LARDER_SERVICE", false);
        check(host, "LARDER_PORTS", false);
        check(host, "LARDER_PORT_HTTP", false);
        check(host, "LARDER_PORT_7171_TCP_X", false);
        check(host, "LARDER_WEB_PORT", false);
        check("LARDER_LISTEN", "LARDER_PORT", false);
        check("HOME", "LARDER_SERVICE_PORT", false);
    }
}
