import Foundation
import Testing

/// The agent, and programs that ask for passphrases.
@Suite struct AgentTests {
  /// A shell whose store has Alice's key, with a program that types the passphrase and notes that it was asked.
  private func asking() throws -> Shell {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "alice.p12"] + Cast.password)
    try shell.write("#!/bin/sh\necho \"$1\" >> asked\necho 'open sesame'\n", to: "ask")
    #expect(try shell.script("chmod +x ask && mkdir run").status == 0)
    return shell
  }

  private let settings = "export XDG_RUNTIME_DIR=\"$PWD/run\" SMIME_ASKPASS=\"$PWD/ask\"\n"

  @Test func `A passphrase is asked once while the agent runs, and again when it has ended`() throws {
    let shell = try asking()
    let result = try shell.script(
      settings + """
        trap 'smime agent --stop' EXIT
        smime agent
        test "$(stat -c %a run/smime)" = 700 && test "$(stat -c %a run/smime/agent)" = 600
        for n in 1 2 3; do smime sign mail.eml --out $n.eml; done
        test $(wc -l < asked) = 1
        smime agent --minutes 3
        smime agent --stop
        test ! -e run/smime/agent
        smime sign mail.eml --out 4.eml
        test $(wc -l < asked) = 2
        """)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(try shell.text("asked").hasPrefix("password of alice@example.org"))
    try shell.smime("verify", "3.eml", "--anchor", "ca/root.pem")
  }

  /// A machine that sleeps cannot be had here. What can: of the clocks that a process may ask, only the one that goes on
  /// meanwhile is set forward, and the key is forgotten; any other is set forward, and it is not.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/cc"), "there is no C compiler"))
  func `The time of a key goes on while the machine sleeps`() throws {
    let shell = try asking()
    try shell.write(
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdio.h>
      #include <time.h>
      /* Sets one clock forward, by the file "forward": its number, and the seconds. */
      int clock_gettime(clockid_t clock, struct timespec *time) {
        int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
        int status = real(clock, time), which;
        long seconds;
        FILE *file = fopen("forward", "r");
        if (file) {
          if (fscanf(file, "%d %ld", &which, &seconds) == 2 && which == (int)clock) time->tv_sec += seconds;
          fclose(file);
        }
        return status;
      }

      """, to: "clock.c")
    let result = try shell.script(
      settings + """
        cc -shared -fPIC -o clock.so clock.c -ldl
        LD_PRELOAD="$PWD/clock.so" smime agent --foreground --minutes 20 &
        agent=$!
        trap 'kill $agent 2> /dev/null || true' EXIT
        for n in 1 2 3 4 5 6 7 8 9 10; do test -S run/smime/agent || sleep 0.3; done
        smime sign mail.eml --out 1.eml
        test $(wc -l < asked) = 1
        # CLOCK_REALTIME is 0, CLOCK_MONOTONIC 1, CLOCK_BOOTTIME 7.
        for clock in 0 1; do
          echo "$clock 5000" > forward
          smime sign mail.eml --out clock-$clock.eml
        done
        echo "7 1100" > forward
        smime sign mail.eml --out 2.eml
        test $(wc -l < asked) = 1
        echo "7 1300" > forward
        smime sign mail.eml --out 3.eml
        test $(wc -l < asked) = 2
        """)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `A password that is given is used, and a wrong one fails, whatever the agent keeps`() throws {
    let shell = try asking()
    let result = try shell.script(
      settings + """
        trap 'smime agent --stop' EXIT
        smime agent
        smime sign mail.eml --password 'open sesame' --out 1.eml
        test ! -e asked
        smime sign mail.eml --out 2.eml
        test $(wc -l < asked) = 1
        if smime sign mail.eml --password wrong; then exit 9; else test $? = 77; fi
        """)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `What is no request is not answered, and the agent goes on`() throws {
    let shell = try asking()
    let result = try shell.script(
      settings + """
        command -v python3 > /dev/null || exit 0
        trap 'smime agent --stop' EXIT
        smime agent
        smime sign mail.eml --out 1.eml
        python3 - <<'PY'
        import os, socket
        for request in [b"", b"\\x00", b"\\xff" * 99, b"\\x01short", b"\\x02" + bytes(47), b"\\x01" + bytes(16)]:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(os.environ["XDG_RUNTIME_DIR"] + "/smime/agent")
                s.sendall(request)
                s.shutdown(socket.SHUT_WR)
                try: answer = s.recv(100)
                except ConnectionResetError: answer = b""
                assert answer in (b"", b"\\x00"), (request, answer)
        PY
        smime sign mail.eml --out 2.eml
        test $(wc -l < asked) = 1
        """)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `Without a terminal pinentry asks`() throws {
    let shell = try asking()
    try shell.write(
      """
      #!/bin/sh
      echo 'OK pleased to meet you'
      while read -r command rest; do
        case $command in
          GETPIN) echo 'D open%20sesame'; echo OK;;
          BYE) echo OK; exit 0;;
          SETDESC) echo "$rest" >> asked; echo OK;;
          *) echo OK;;
        esac
      done

      """, to: "pinentry")
    let result = try shell.script(
      """
      chmod +x pinentry
      command -v setsid > /dev/null || exit 0
      unset SMIME_ASKPASS SSH_ASKPASS
      PATH="$PWD:$PATH" DISPLAY=:0 setsid -w smime sign mail.eml --out 1.eml < /dev/null
      grep -q 'password of alice@example.org' asked
      """)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test func `Whoever gives up is told how to give a password`() throws {
    let shell = try asking()
    try shell.write("#!/bin/sh\nexit 1\n", to: "ask")
    let result = try shell.script("SMIME_ASKPASS=\"$PWD/ask\" setsid -w smime sign mail.eml < /dev/null")
    #expect(result.status == 77 && result.errors.contains("--password-file"), "\(result.errors)")
  }

  @Test(arguments: [["--minutes", "0"], ["--minutes", "2000"], ["--stop", "--foreground"]])
  func `Options that make no sense are usage errors`(options: [String]) throws {
    try Shell().smime(["agent"] + options, expect: 64)
  }
}
