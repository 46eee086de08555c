using System.Net;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of IP addresses and host names in services, endpoints and their slices.</summary>
internal static class AddressRules
{
    /// <summary>An address that other machines can reach: not unspecified, loopback or link-local.</summary>
    /// <param name="text">The address.</param>
    /// <param name="path">The path of the field.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="mayBeLoopback">Whether loopback addresses are allowed too.</param>
    public static void ValidateReachable(string text, FieldPath path, FieldErrors errors, bool mayBeLoopback = false)
    {
        errors.Invalid(path, text, NameRules.IsValidIP(text));
        if (!AddressSyntax.TryParse(text, out var address))
            return;
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            errors.Invalid(path, text, $"may not be unspecified ({text})");
        if (IPAddress.IsLoopback(address) && !mayBeLoopback)
            errors.Invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
        var bytes = address.GetAddressBytes();
        if (address.IsIPv6LinkLocal || bytes is [169, 254, _, _])
            errors.Invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        if (bytes is [224, 0, 0, _] || (bytes is [0xff, var scope, ..] && bytes.Length > 4 && (scope & 0xf) == 2))
            errors.Invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }

    /// <summary>An address of one family that other machines can reach.</summary>
    /// <param name="text">The address.</param>
    /// <param name="family">The family, <c>IPv4</c> or <c>IPv6</c>.</param>
    /// <param name="path">The path of the field.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="mayBeLoopback">Whether loopback addresses are allowed too.</param>
    public static void ValidateReachableOf(string text, string family, FieldPath path, FieldErrors errors, bool mayBeLoopback = false)
    {
        if (AddressSyntax.FamilyOf(text) is { } actual && actual != family)
            errors.Invalid(path, text, $"must be a valid {family} address");
        else
            ValidateReachable(text, path, errors, mayBeLoopback);
    }

    /// <summary>A domain name of at least two labels, with or without a dot at its end.</summary>
    public static void ValidateFullName(string name, FieldPath path, FieldErrors errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
            return;
        }

        var parts = (name.EndsWith('.') ? name[..^1] : name).Split('.');
        var faults = NameRules.IsDns1123Subdomain(string.Join('.', parts));
        errors.Invalid(path, name, faults);
        if (faults.Count == 0 && parts.Length < 2)
            errors.Invalid(path, name, "should be a domain with at least two segments separated by dots");
        else if (faults.Count == 0)
            errors.Invalid(path, name, [.. parts.SelectMany(NameRules.IsDns1123Label)]);
    }

    /// <summary>Ranges of addresses. Spaces around them are allowed, as in Kubernetes.</summary>
    public static void ValidateRanges(IEnumerable<string> ranges, Func<int, FieldPath> pathOf, FieldErrors errors)
    {
        foreach (var (index, range) in ranges.Index())
            errors.Invalid(pathOf(index), range.Trim(), NameRules.IsValidCidr(range.Trim()));
    }
}
