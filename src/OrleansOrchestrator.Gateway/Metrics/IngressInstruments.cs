using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Metrics;

/// <summary>Metrics of requests through ingress.</summary>
internal sealed class IngressInstruments
{
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;

    public IngressInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(RequestInstruments.MeterName);
        _requests = meter.CreateCounter<long>("orchestrator_ingress_requests", description: "Requests through ingress, by scheme and class of the status.");
        _durations = meter.CreateHistogram(
            "orchestrator_ingress_request_duration",
            unit: "s",
            description: "How long requests through ingress take, with their answers.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
            });
    }

    /// <summary>Records an answered request.</summary>
    public void Record(HttpContext http, TimeSpan elapsed)
    {
        if (!_requests.Enabled && !_durations.Enabled)
            return;
        var tags = new TagList { { "scheme", http.Request.Scheme }, { "code", ClassOf(http.Response.StatusCode) } };
        _requests.Add(1, tags);
        _durations.Record(elapsed.TotalSeconds, tags);
    }

    private static string ClassOf(int code) => code switch
    {
        < 200 => "1xx",
        < 300 => "2xx",
        < 400 => "3xx",
        < 500 => "4xx",
        _ => "5xx",
    };
}
