using System.Runtime.InteropServices;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>The classes of requests that are counted apart, so that none can starve another.</summary>
internal enum RequestClass
{
    /// <summary>Reads that end by themselves.</summary>
    Read,

    /// <summary>Writes.</summary>
    Write,

    /// <summary>What lasts as long as its client wants: watches, logs, sessions in containers.</summary>
    Stream,
}

/// <summary>Bounds how many requests each user has in flight, so that one client's flood is that client's trouble.</summary>
internal sealed class InFlightLimiter(GatewayOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string User, RequestClass Class), int> _counts = [];

    /// <summary>Counts a request in; it must be counted out with <see cref="Exit"/>.</summary>
    /// <exception cref="ApiException">429: the user has as many in flight as it may.</exception>
    public void Enter(string user, RequestClass requestClass)
    {
        var limit = LimitOf(requestClass);
        lock (_lock)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, (user, requestClass), out _);
            if (count < limit)
            {
                count++;
                LimitInstruments.CountInFlight(requestClass == RequestClass.Write, 1);
                return;
            }
        }

        LimitInstruments.Rejected(LimitInstruments.ConcurrencyLimit);
        throw ApiErrors.TooManyRequests("too many requests in flight, please try again later", options.RetryAfterSeconds);
    }

    /// <summary>Counts a request out.</summary>
    public void Exit(string user, RequestClass requestClass)
    {
        LimitInstruments.CountInFlight(requestClass == RequestClass.Write, -1);
        lock (_lock)
        {
            // Users without requests leave nothing behind, so that the table is no larger than what is in flight.
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, (user, requestClass));
            if (--count == 0)
                _counts.Remove((user, requestClass));
        }
    }

    private int LimitOf(RequestClass requestClass) => requestClass switch
    {
        RequestClass.Read => options.ReadsInFlightPerUserMax,
        RequestClass.Write => options.WritesInFlightPerUserMax,
        _ => options.StreamsPerUserMax,
    };
}
