using System.Diagnostics.CodeAnalysis;

namespace OrleansOrchestrator.Model.Schedules;

/// <summary>Finds time zones by IANA name only.</summary>
public static class TimeZones
{
    // The longest part of a name by the rules of the IANA database.
    private const int PartLengthMax = 14;

    /// <summary>Finds a zone, such as <c>Europe/Paris</c>.</summary>
    /// <remarks>https://data.iana.org/time-zones/theory.html#naming; digits and <c>+</c> are in names kept for compatibility.</remarks>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        // The system's look-up also accepts Windows' names, and names in any case.
        return name.Split('/').All(IsPart) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone) && zone.Id == name && zone.HasIanaId;
    }

    private static bool IsPart(string part) =>
        part.Length is > 0 and <= PartLengthMax && part is not ("." or "..") && part[0] != '-'
        && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+');
}
