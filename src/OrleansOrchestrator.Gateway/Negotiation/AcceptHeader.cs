using Microsoft.Extensions.Primitives;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>Chooses the format of an answer by the Accept header: the first possible clause with the highest weight; a named type
/// precedes a wildcard.</summary>
/// <remarks>
/// RFC 9110 section 12.5.1, with Kubernetes' parameters. <c>as</c>, <c>g</c> and <c>v</c> ask for a view of an object, such as
/// <c>application/json;as=Table;v=v1;g=meta.k8s.io</c>; <c>stream</c> for a stream of events, <c>pretty</c> for indentation, and
/// <c>sv</c> for a version of the options' group.
/// </remarks>
internal static class AcceptHeader
{
    private const string MetaGroup = "meta.k8s.io";
    private const string DiscoveryGroup = "apidiscovery.k8s.io";
    private static readonly ResponseEncoding[] Encodings = [ResponseEncoding.Json, ResponseEncoding.Yaml, ResponseEncoding.Protobuf];

    /// <summary>Chooses a format.</summary>
    /// <param name="accept">The header.</param>
    /// <param name="isPretty">Whether to indent JSON.</param>
    /// <param name="scope">The possible formats.</param>
    /// <exception cref="ApiException">406: no acceptable format is possible.</exception>
    public static ResponseFormat Negotiate(StringValues accept, bool isPretty, ResponseScope scope)
    {
        var format = Choose(accept, scope) ?? throw ApiErrors.NotAcceptable(scope.HasProtobuf ? MediaTypes.Supported : MediaTypes.WithoutProtobuf);
        return isPretty ? format with { IsPretty = true } : format;
    }

    /// <summary>Chooses a format; null if no acceptable one is possible.</summary>
    public static ResponseFormat? Choose(StringValues accept, ResponseScope scope)
    {
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is MediaTypes.Json or "*/*" or ""))
            return ResponseFormat.Json;

        ResponseFormat? best = null;
        var bestRank = (Quality: 0.0, Wildcards: 0);
        foreach (var header in accept)
        {
            foreach (var range in header.AsSpan().Split(','))
            {
                var clause = AcceptClause.Read(header.AsSpan()[range].Trim());
                var isBetter = clause.Quality > bestRank.Quality || (clause.Quality == bestRank.Quality && clause.Wildcards < bestRank.Wildcards);
                if (!isBetter || Answer(clause, scope) is not { } format)
                    continue;
                (best, bestRank) = (format, (clause.Quality, clause.Wildcards));
            }
        }

        return best;
    }

    /// <summary>The first possible format that a clause accepts.</summary>
    private static ResponseFormat? Answer(in AcceptClause clause, ResponseScope scope)
    {
        foreach (var encoding in Encodings)
        {
            if (clause.Takes(encoding) && FormatOf(clause, encoding, scope) is { } format)
                return format;
        }

        return null;
    }

    private static ResponseFormat? FormatOf(in AcceptClause clause, ResponseEncoding encoding, ResponseScope scope)
    {
        if (clause.Stream is not ("" or "watch") || (clause.Stream.Length > 0 && encoding == ResponseEncoding.Yaml) || clause.ServerVersion is not ("" or "v1"))
            return null;
        if (!clause.AsksForView)
        {
            var isPossible = encoding != ResponseEncoding.Protobuf || scope.HasProtobuf;
            return isPossible ? ResponseFormat.Json with { Encoding = encoding, IsPretty = clause.IsPretty } : null;
        }

        if (clause.Group == DiscoveryGroup)
        {
            return scope.HasAggregatedDiscovery && encoding == ResponseEncoding.Json
                && clause is { View: "APIGroupDiscoveryList", Version: "v2" or "v2beta1" }
                ? new ResponseFormat(ResponseView.AggregatedDiscovery, clause.Version)
                : null;
        }

        if (!scope.HasViews || clause.Group != MetaGroup || clause.Version is not ("v1" or "v1beta1"))
            return null;
        ResponseView? view = clause.View switch
        {
            "Table" when encoding != ResponseEncoding.Protobuf => ResponseView.Table,
            "PartialObjectMetadata" => ResponseView.PartialMetadata,
            "PartialObjectMetadataList" => ResponseView.PartialMetadataList,
            _ => null,
        };
        return view is { } found ? new ResponseFormat(found, clause.Version, encoding, clause.IsPretty) : null;
    }
}
