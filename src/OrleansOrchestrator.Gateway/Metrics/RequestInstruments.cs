using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Metrics;

/// <summary>Metrics of requests, under kube-apiserver's names.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/</remarks>
internal sealed class RequestInstruments
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = LimitInstruments.MeterName;

    private static readonly string[] Codes = [.. Enumerable.Range(0, 600).Select(code => code.ToString(CultureInfo.InvariantCulture))];
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;
    private readonly UpDownCounter<long> _longRunning;

    public RequestInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _requests = meter.CreateCounter<long>("apiserver_request", description: "Requests by verb, resource and response code.");
        _longRunning = meter.CreateUpDownCounter<long>("apiserver_longrunning_requests", description: "Watches that are open.");
        _durations = meter.CreateHistogram(
            "apiserver_request_duration",
            unit: "s",
            description: "How long requests that end by themselves take.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
            });
    }

    /// <summary>Counts the start of a watch; with -1 its end.</summary>
    public void RecordWatch(string resource, int delta) =>
        _longRunning.Add(delta, new TagList { { "verb", "WATCH" }, { "resource", resource } });

    /// <summary>Records an answered request.</summary>
    /// <param name="info">The parsed request; null if it was refused before.</param>
    /// <param name="http">The request.</param>
    /// <param name="elapsed">The duration.</param>
    public void Record(RequestInfo? info, HttpContext http, TimeSpan elapsed)
    {
        if (!_requests.Enabled && !_durations.Enabled)
            return;

        // Only served names become labels, so that clients cannot invent label values.
        var definition = info?.Definition;
        var tags = new TagList
        {
            { "verb", VerbOf(info) },
            { "group", definition?.Group ?? "" },
            { "version", definition?.Version ?? "" },
            { "resource", definition?.Plural ?? "" },
            { "scope", ScopeOf(info) },
        };
        if (info is null || RequestClasses.Of(info) != RequestClass.Stream)
            _durations.Record(elapsed.TotalSeconds, tags);
        tags.Add("code", CodeOf(http.Response.StatusCode));
        _requests.Add(1, tags);
    }

    private static string CodeOf(int code) => code >= 0 && code < Codes.Length ? Codes[code] : "other";

    private static string VerbOf(RequestInfo? info) => info?.Verb switch
    {
        Verbs.Get => "GET",
        Verbs.List => "LIST",
        Verbs.Watch => "WATCH",
        Verbs.Create or "post" => "POST",
        Verbs.Update or "put" => "PUT",
        Verbs.Patch => "PATCH",
        Verbs.Delete => "DELETE",
        Verbs.DeleteCollection => "DELETECOLLECTION",
        _ => "OTHER",
    };

    private static string ScopeOf(RequestInfo? info)
    {
        if (info is not { IsResource: true })
            return "";
        if (info.Name.Length > 0)
            return "resource";
        return info.Namespace.Length > 0 ? "namespace" : "cluster";
    }
}
