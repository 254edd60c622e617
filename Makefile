# make run     set-up, release build, the demonstration
# make test    set-up, debug build, all tests
# make help    everything else

SWIFT   ?= swift
PREFIX  ?= /usr/local
# Small commands start often: the Swift runtime and libstdc++ go into the file, symbols and what nobody calls stay out.
# The addresses that the loader must fill in are packed (a tenth of the start; glibc 2.36 or later reads that), and types
# are reached by calls instead of by names that the runtime would look up (another tenth).
STATIC  := .build/static
RELEASE := -c release --static-swift-stdlib -Xswiftc -use-ld=lld \
           -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
           -Xlinker -z -Xlinker nostart-stop-gc -Xlinker -z -Xlinker pack-relative-relocs \
           -Xlinker -L$(CURDIR)/$(STATIC) -Xlinker --as-needed -Xlinker --gc-sections -Xlinker -s
PRODUCTS := smime smime-net smimed
BINARIES  = $(shell $(SWIFT) build $(RELEASE) --show-bin-path)

# What the build needs, and the programs that the tests exchange messages with.
PACKAGES := libssl-dev zlib1g-dev libsqlite3-dev libp11-kit-dev libldap-dev libunbound-dev dns-root-data pkg-config
PEERS    := openssl gpgsm libnss3-tools thunderbird libbcmail-java libbcpkix-java default-jdk-headless gnutls-bin curl \
            python3-venv sqlite3 softhsm2 opensc slapd ldap-utils knot libpq-dev postgresql
# The tests are built with everything that is optional, the store on PostgreSQL too. 'swift build' without it shares nothing
# with this; programs that are released do without.
TRAITS   := --traits default,PostgreSQL
# Tests with servers that give up after a while run by themselves: beside others the clock would be against them.
TIMED    := DiscoveryTests|AuthorityServiceTests|OnlineTests|RevocationTests|ResponderTests|FindingTests
SUDO     := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.DEFAULT_GOAL := help
.PHONY: help setup setup-peers setup-lint build run test bench fuzz soak lint format install

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## install the system packages that the build needs, if they are missing
	@$(call install,$(PACKAGES))

setup-peers: setup ## install the programs that the interoperability tests talk to
	@$(call install,$(PEERS))

setup-lint: setup-peers ## install the linter that certificates, lists and OCSP answers are held against, and Python's peer
	@scripts/setup-lint
	@scripts/setup-cryptography

# Debian and its relatives; elsewhere the packages are named, and left to the user.
define install
missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
if [ -n "$$missing" ] && command -v apt-get >/dev/null; then \
  set -e; $(SUDO) apt-get update -q; \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
elif ! command -v apt-get >/dev/null; then \
  echo "not a Debian system: please see that these are installed: $(1)"; \
fi
endef

build: setup ## the release programs: the command, its network side, the daemon
	@mkdir -p $(STATIC)
	@archive=$$(clang -print-file-name=libstdc++.a); [ ! -f "$$archive" ] || ln -sf "$$archive" $(STATIC)/
	@for product in $(PRODUCTS); do $(SWIFT) build $(RELEASE) --product $$product || exit; done

run: build ## build the programs and show all of it once
	$(BINARIES)/smime demo

test: setup setup-lint ## all tests
	$(SWIFT) build --build-tests $(TRAITS)
	@SWIFT="$(SWIFT)" scripts/test --skip-build $(TRAITS) --skip '$(TIMED)'
	@SWIFT="$(SWIFT)" scripts/test --skip-build $(TRAITS) --filter '$(TIMED)'

bench: build ## compare the speed with libcrypto's on the same work; of HTTP with a fixed body (needs wrk)
	@scripts/setup-reference || echo "no newer libcrypto is to be had: its column stays empty"
	$(SWIFT) build -c release --package-path Benchmarks --product smime-reference
	$(SWIFT) build -c release --package-path Benchmarks --product smime-bench
	@# Large files stay in memory, so that no disk is measured; everything runs on one core.
	@if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi; pin=$$(command -v taskset >/dev/null && echo "taskset -c 0"); \
	$$pin Benchmarks/.build/release/smime-bench --smime $(BINARIES)/smime
	$(SWIFT) run -c release --package-path Benchmarks revocation-bench
	@if command -v wrk >/dev/null; then $(SWIFT) run -c release --package-path Benchmarks http-bench; \
	else echo "http-bench needs wrk, which is not installed"; fi

soak: build ## 5 GiB through every step within 64 MiB, a hundred kills of every command, the store hammered (needs 25 GiB)
	scripts/soak $(BINARIES)/smime

fuzz: setup ## feed every parser that strangers reach with changed inputs, two minutes each
	scripts/fuzz

lint: ## check the format of the sources
	$(SWIFT) format lint --strict --recursive Package.swift Sources Snippets Tests Conformance

format: ## format the sources
	$(SWIFT) format --in-place --recursive Package.swift Sources Snippets Tests Conformance

install: build ## install the programs below PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin
	@for product in $(PRODUCTS); do install -m 755 $(BINARIES)/$$product $(DESTDIR)$(PREFIX)/bin/ || exit; done
