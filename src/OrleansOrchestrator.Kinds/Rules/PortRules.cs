using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of ports and their protocols, the same in pods, services and endpoints.</summary>
internal static class PortRules
{
    public const string DefaultProtocol = "TCP";

    private static readonly string[] Protocols = ["SCTP", "TCP", "UDP"];

    public static void ValidateNumber(int port, FieldPath path, FieldErrors errors) =>
        errors.Invalid(path, port, NameRules.IsValidPortNum(port));

    /// <summary>A port given by its number or by its name in the container.</summary>
    public static void ValidateNumberOrName(IntOrString? port, FieldPath path, FieldErrors errors)
    {
        var text = port?.Value ?? "";
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            ValidateNumber(number, path, errors);
        else
            errors.Invalid(path, text, NameRules.IsValidPortName(text));
    }

    public static void ValidateProtocol(string? protocol, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(protocol))
            errors.Required(path);
        else if (!Protocols.Contains(protocol))
            errors.NotSupported(path, protocol, Protocols);
    }
}
