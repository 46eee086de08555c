using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates a pod's host name and DNS configuration.</summary>
internal static class PodNetworkValidation
{
    private const int NameserversMax = 3;
    private const int SearchesMax = 32;
    private const int SearchCharactersMax = 2048;

    public static void Validate(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        ValidateDns(spec, path.Child("dnsConfig"), errors);
        if (!string.IsNullOrEmpty(spec.Hostname))
            errors.Invalid(path.Child("hostname"), spec.Hostname, NameRules.IsDns1123Label(spec.Hostname));
        if (!string.IsNullOrEmpty(spec.Subdomain))
            errors.Invalid(path.Child("subdomain"), spec.Subdomain, NameRules.IsDns1123Label(spec.Subdomain));
        var aliases = spec.HostAliases.OrNone();
        for (var i = 0; i < aliases.Count; i++)
        {
            var at = path.Child("hostAliases").Index(i);
            errors.Invalid(at.Child("ip"), aliases[i].Ip ?? "", NameRules.IsValidIP(aliases[i].Ip ?? ""));
            foreach (var name in aliases[i].Hostnames.OrNone())
                errors.Invalid(at.Child("hostnames"), name, NameRules.IsDns1123Subdomain(name));
        }
    }

    private static void ValidateDns(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.DnsPolicy == "None")
        {
            if (spec.DnsConfig is null)
                errors.Required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
            else if (spec.DnsConfig.Nameservers.OrNone().Count == 0)
                errors.Required(path.Child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }

        if (spec.DnsConfig is not { } config)
            return;
        var nameservers = config.Nameservers.OrNone();
        if (nameservers.Count > NameserversMax)
            errors.Invalid(path.Child("nameservers"), nameservers, $"must not have more than {NameserversMax} nameservers");
        for (var i = 0; i < nameservers.Count; i++)
            errors.Invalid(path.Child("nameservers").Index(i), nameservers[i], NameRules.IsValidIP(nameservers[i]));
        ValidateSearches(config.Searches.OrNone(), path.Child("searches"), errors);
        var options = config.Options.OrNone();
        for (var i = 0; i < options.Count; i++)
        {
            if (string.IsNullOrEmpty(options[i].Name))
                errors.Required(path.Child("options").Index(i), "must not be empty");
        }
    }

    private static void ValidateSearches(IList<string> searches, FieldPath path, FieldErrors errors)
    {
        if (searches.Count > SearchesMax)
            errors.Invalid(path, searches, $"must not have more than {SearchesMax} search paths");
        if (string.Join(' ', searches).Length > SearchCharactersMax)
            errors.Invalid(path, searches, $"must not have more than {SearchCharactersMax} characters (including spaces) in the search list");
        for (var i = 0; i < searches.Count; i++)
        {
            // The root is a valid search path, and a path may end in a dot.
            if (searches[i] != ".")
                errors.Invalid(path.Index(i), searches[i], NameRules.IsDns1123Subdomain(searches[i].EndsWith('.') ? searches[i][..^1] : searches[i]));
        }
    }
}
