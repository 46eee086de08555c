using Npgsql;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>Positional parameters without boxing.</summary>
internal static class NpgsqlCommandExtensions
{
    /// <summary>Appends the next parameter: the first call gives $1.</summary>
    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }
}
