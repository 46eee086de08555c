using System.Globalization;
using Microsoft.Extensions.Primitives;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>Chooses the format of an answer from the Accept header: the first of the clauses with the highest quality that can
/// be made.</summary>
/// <remarks>
/// RFC 9110 section 12.5.1, with Kubernetes' parameters <c>as</c>, <c>g</c> and <c>v</c> that ask for a view of an object, as in
/// <c>application/json;as=Table;v=v1;g=meta.k8s.io</c>.
/// </remarks>
internal static class AcceptHeader
{
    private const string MetaGroup = "meta.k8s.io";
    private const string DiscoveryGroup = "apidiscovery.k8s.io";

    /// <summary>Chooses a format.</summary>
    /// <param name="accept">The header.</param>
    /// <param name="isPretty">Whether JSON is to be indented.</param>
    /// <param name="isDiscovery">Whether the path is one that can answer with aggregated discovery.</param>
    /// <exception cref="ApiException">406: none that is accepted can be made.</exception>
    public static ResponseFormat Negotiate(StringValues accept, bool isPretty, bool isDiscovery)
    {
        var format = Choose(accept, isDiscovery);
        return isPretty ? format with { IsPretty = true } : format;
    }

    private static ResponseFormat Choose(StringValues accept, bool isDiscovery)
    {
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is MediaTypes.Json or "*/*" or ""))
            return ResponseFormat.Json;

        ResponseFormat? best = null;
        var bestQuality = 0.0;
        foreach (var header in accept)
        {
            foreach (var range in header.AsSpan().Split(','))
            {
                var (format, quality) = ReadClause(header.AsSpan()[range].Trim());
                if (format is not null && quality > bestQuality && IsPossible(format, isDiscovery))
                    (best, bestQuality) = (format, quality);
            }
        }

        return best ?? throw ApiErrors.NotAcceptable(MediaTypes.Supported);
    }

    private static bool IsPossible(ResponseFormat format, bool isDiscovery) =>
        format.View == ResponseView.Object || isDiscovery == (format.View == ResponseView.AggregatedDiscovery);

    private static (ResponseFormat? Format, double Quality) ReadClause(ReadOnlySpan<char> clause)
    {
        var isYaml = false;
        switch (MediaTypes.WithoutParameters(clause))
        {
            case MediaTypes.Json or "*/*" or "application/*":
                break;
            case MediaTypes.Yaml:
                isYaml = true;
                break;
            default:
                return default;
        }

        ReadOnlySpan<char> view = default, group = default, version = default;
        var quality = 1.0;
        foreach (var range in clause.Split(';'))
        {
            var parameter = clause[range].Trim();
            if (parameter.StartsWith("as="))
                view = parameter[3..];
            else if (parameter.StartsWith("g="))
                group = parameter[2..];
            else if (parameter.StartsWith("v="))
                version = parameter[2..];
            else if (parameter.StartsWith("q=") && !TryReadQuality(parameter[2..], out quality))
                return default;
        }

        return (FormatOf(view, group, version, isYaml), quality);
    }

    private static bool TryReadQuality(ReadOnlySpan<char> text, out double quality) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out quality);

    private static ResponseFormat? FormatOf(ReadOnlySpan<char> view, ReadOnlySpan<char> group, ReadOnlySpan<char> version, bool isYaml)
    {
        if (view.IsEmpty)
            return isYaml ? ResponseFormat.Json with { IsYaml = true } : ResponseFormat.Json;
        if (group is DiscoveryGroup)
        {
            return view is "APIGroupDiscoveryList" && version is "v2" or "v2beta1" && !isYaml
                ? new ResponseFormat(ResponseView.AggregatedDiscovery, version.ToString())
                : null;
        }

        if (group is not MetaGroup || version is not ("v1" or "v1beta1"))
            return null;
        ResponseView? known = view switch
        {
            "Table" => ResponseView.Table,
            "PartialObjectMetadata" => ResponseView.PartialMetadata,
            "PartialObjectMetadataList" => ResponseView.PartialMetadataList,
            _ => null,
        };
        return known is { } found ? new ResponseFormat(found, version.ToString(), isYaml) : null;
    }
}
