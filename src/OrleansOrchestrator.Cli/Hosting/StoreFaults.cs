using OrleansOrchestrator.Storage;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Cli.Hosting;

/// <summary>Tells failures of a store that its user can act on, and whose message says how, from faults of the program.</summary>
internal static class StoreFaults
{
    /// <summary>Whether the exception's message is fit for the user.</summary>
    public static bool Explains(Exception exception) =>
        exception is LogUnavailableException or StoreUnusableException or ArgumentException;
}
