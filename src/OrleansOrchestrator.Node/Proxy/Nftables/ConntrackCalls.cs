using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// Lists the UDP flows that the kernel remembers, and makes it forget some, over netlink (ctnetlink, <c>nfnetlink_conntrack.h</c>). It
/// needs the rights of root, and no program.
/// </summary>
internal static partial class ConntrackCalls
{
    private const int NetlinkFamily = 16;
    private const int RawSocket = 3;
    private const int CloseOnExec = 0x8_0000;
    private const int NetfilterProtocol = 12;
    private const int SocketLevel = 1;
    private const int ReceiveTimeout = 20;

    private const int HeaderBytes = 16;
    private const int FamilyBytes = 4;
    private const int AttributeBytes = 4;
    private const ushort Error = 2;
    private const ushort Done = 3;
    private const ushort GetFlows = 0x0101;
    private const ushort DeleteFlow = 0x0102;
    private const ushort Request = 0x01;
    private const ushort Acknowledge = 0x04;
    private const ushort Dump = 0x300;
    private const byte Internet = 2;

    private const ushort TypeBits = 0x3fff;
    private const ushort Original = 1;
    private const ushort Reply = 2;
    private const ushort Zone = 18;
    private const ushort TupleAddresses = 1;
    private const ushort TupleProtocol = 2;
    private const ushort AddressSource = 1;
    private const ushort AddressDestination = 2;
    private const ushort ProtocolNumber = 1;
    private const ushort SourcePort = 2;
    private const ushort DestinationPort = 3;
    private const byte Udp = 17;

    private const int BufferBytes = 64 * 1024;
    private const int TimeoutSeconds = 10;

    /// <summary>All UDP flows over IPv4.</summary>
    /// <exception cref="Win32Exception">The kernel refuses, or has no such table.</exception>
    public static List<UdpFlow> List()
    {
        using var socket = Open();
        Send(socket, Message(GetFlows, Request | Dump, []));
        var flows = new List<UdpFlow>();
        var buffer = new byte[BufferBytes];
        while (true)
        {
            foreach (var (type, body) in Messages(buffer.AsMemory(0, Receive(socket, buffer))))
            {
                if (type == Done)
                    return flows;
                if (type == Error)
                    throw new Win32Exception(-BinaryPrimitives.ReadInt32LittleEndian(body.Span));
                if (Read(body[FamilyBytes..]) is { } flow)
                    flows.Add(flow);
            }
        }
    }

    /// <summary>Makes the kernel forget flows. Those that have ended meanwhile are none.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public static int Delete(IEnumerable<UdpFlow> flows)
    {
        using var socket = Open();
        var buffer = new byte[BufferBytes];
        var count = 0;
        foreach (var flow in flows)
        {
            Send(socket, Message(DeleteFlow, Request | Acknowledge, flow.Name.Span));
            var answer = Messages(buffer.AsMemory(0, Receive(socket, buffer))).First(message => message.Type == Error);
            var error = -BinaryPrimitives.ReadInt32LittleEndian(answer.Body.Span);
            if (error == 0)
                count++;
            else if (error != Errno.NotFound)
                throw new Win32Exception(error);
        }

        return count;
    }

    private static UdpFlow? Read(ReadOnlyMemory<byte> body)
    {
        IPEndPoint? called = null, answering = null;
        using var name = new MemoryStream();
        foreach (var (type, value, whole) in Attributes(body))
        {
            if (type is Original or Zone)
                name.Write(whole.Span);
            if (type == Original)
                called = EndOf(value, AddressDestination, DestinationPort);
            if (type == Reply)
                answering = EndOf(value, AddressSource, SourcePort);
        }

        return called is null || answering is null ? null : new UdpFlow(called, answering, name.ToArray());
    }

    /// <summary>One end of a flow; null if it is not of UDP over IPv4.</summary>
    private static IPEndPoint? EndOf(ReadOnlyMemory<byte> tuple, ushort addressType, ushort portType)
    {
        IPAddress? address = null;
        int? port = null;
        foreach (var (type, value, _) in Attributes(tuple))
        {
            foreach (var (part, content, _) in type is TupleAddresses or TupleProtocol ? Attributes(value) : [])
            {
                if (type == TupleAddresses && part == addressType && content.Length == 4)
                    address = new IPAddress(content.Span);
                if (type == TupleProtocol && part == portType)
                    port = BinaryPrimitives.ReadUInt16BigEndian(content.Span);
                if (type == TupleProtocol && part == ProtocolNumber && content.Span[0] != Udp)
                    return null;
            }
        }

        return address is null || port is null ? null : new IPEndPoint(address, port.Value);
    }

    private static byte[] Message(ushort type, ushort flags, ReadOnlySpan<byte> attributes)
    {
        var message = new byte[HeaderBytes + FamilyBytes + attributes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        message[HeaderBytes] = Internet;
        attributes.CopyTo(message.AsSpan(HeaderBytes + FamilyBytes));
        return message;
    }

    private static IEnumerable<(ushort Type, ReadOnlyMemory<byte> Body)> Messages(ReadOnlyMemory<byte> received)
    {
        while (received.Length >= HeaderBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(received.Span);
            if (length < HeaderBytes || length > received.Length)
                yield break;
            yield return (BinaryPrimitives.ReadUInt16LittleEndian(received.Span[4..]), received[HeaderBytes..length]);
            received = received[Math.Min(Aligned(length), received.Length)..];
        }
    }

    private static IEnumerable<(ushort Type, ReadOnlyMemory<byte> Value, ReadOnlyMemory<byte> Whole)> Attributes(ReadOnlyMemory<byte> attributes)
    {
        while (attributes.Length >= AttributeBytes)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes.Span);
            if (length < AttributeBytes || length > attributes.Length)
                yield break;
            var end = Math.Min(Aligned(length), attributes.Length);
            yield return ((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(attributes.Span[2..]) & TypeBits), attributes[AttributeBytes..length], attributes[..end]);
            attributes = attributes[end..];
        }
    }

    private static int Aligned(int length) => (length + 3) & ~3;

    private static SafeFileHandle Open()
    {
        var handle = new SafeFileHandle(OpenSocket(NetlinkFamily, RawSocket | CloseOnExec, NetfilterProtocol), ownsHandle: true);
        if (handle.IsInvalid)
            throw new Win32Exception(Marshal.GetLastPInvokeError());

        // struct timeval: seconds and microseconds.
        var timeout = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(timeout, TimeoutSeconds);
        Check(SetOption(handle, SocketLevel, ReceiveTimeout, timeout, timeout.Length));
        return handle;
    }

    private static void Send(SafeFileHandle socket, byte[] message) => Check(SendMessage(socket, message, message.Length, 0));

    private static int Receive(SafeFileHandle socket, byte[] buffer) => (int)Check(ReceiveMessage(socket, buffer, buffer.Length, 0));

    private static nint Check(nint result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(SafeFileHandle socket, int level, int option, byte[] value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SendMessage(SafeFileHandle socket, byte[] buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReceiveMessage(SafeFileHandle socket, byte[] buffer, nint length, int flags);
}
